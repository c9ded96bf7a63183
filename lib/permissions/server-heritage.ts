import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../foundation/clock.ts'
import { createOwnKeys } from '../keys/own-keys.ts'
import { readSigningKeys, type SigningKeys } from '../keys/signing-keys.ts'
import { KeptKeys } from '../trust/kept-keys.ts'
import { selfKeys, type SelfOptions } from '../trust/self.ts'

/** What a server hands on when its configuration is replaced. */
export interface ServerHeritage {
  readonly self: SelfOptions | undefined
  /** Our own keys; `undefined` without `self.signingKeys`. */
  readonly signingKeys: SigningKeys | undefined
  /** Keys that no foreign issuer may use: our certificates', and every signing key that is published now or later. */
  readonly ownKeys: ReadonlySet<string>
  readonly keptKeys: KeptKeys
}

/**
 * Our own keys of one configuration. Signing keys that are configured as before are the same ones, however far their
 * roll-over is; keys of issuers are taken over by those who create the issuers.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createHeritage(self: SelfOptions | undefined, clock: Clock, before?: ServerHeritage): ServerHeritage {
  const keptKeys = new KeptKeys(before?.keptKeys)
  const given = self?.signingKeys
  if (before !== undefined && isDeepStrictEqual(before.self?.signingKeys, given)) {
    const { signingKeys } = before
    const isSame = isDeepStrictEqual(before.self?.certificates, self?.certificates)
    return { self, signingKeys, ownKeys: isSame ? before.ownKeys : ownKeysOf(self, signingKeys), keptKeys }
  }
  const signingKeys =
    given === undefined ? undefined : readSigningKeys(given, { clock, name: 'options.self.signingKeys' })
  return { self, signingKeys, ownKeys: ownKeysOf(self, signingKeys), keptKeys }
}

function ownKeysOf(self: SelfOptions | undefined, signingKeys: SigningKeys | undefined): ReadonlySet<string> {
  return signingKeys === undefined ? selfKeys(self) : createOwnKeys(selfKeys(self), signingKeys)
}
