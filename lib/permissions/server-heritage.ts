import { isDeepStrictEqual } from 'node:util'
import { createWatchedServer, type WatchedServer } from '../audit/watched-server.ts'
import { createProofMemory, type ProofMemory } from '../binding/proof-memory.ts'
import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { createOwnKeys } from '../keys/own-keys.ts'
import { readSigningKeys, type SigningKeys } from '../keys/signing-keys.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { createSuspensions, type Suspensions } from '../suspension/suspensions.ts'
import { KeptKeys } from '../trust/kept-keys.ts'
import { selfKeys, type SelfOptions } from '../trust/self.ts'
import type { VerifierOptions } from './caller-options.ts'

/** What a server hands on when its configuration is replaced. */
export interface ServerHeritage {
  readonly self: SelfOptions | undefined
  /** Our own keys; `undefined` without `self.signingKeys`. */
  readonly signingKeys: SigningKeys | undefined
  /** Keys that no foreign issuer may use: our certificates', and every signing key that is published now or later. */
  readonly ownKeys: ReadonlySet<string>
  readonly keptKeys: KeptKeys
  readonly state: S2SState | undefined
  /** Who is suspended stays suspended. */
  readonly suspensions: Suspensions
  /** A DPoP proof that was used stays used. */
  readonly proofMemory: ProofMemory
  /** Who watches the server goes on watching it. */
  readonly watched: WatchedServer
}

/**
 * Our own keys, and the suspensions, of one configuration. Signing keys that are configured as before (as text, not by file) are the same ones,
 * however far their roll-over is; keys of issuers are taken over by those who create the issuers.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createHeritage(
  { self, state }: Pick<VerifierOptions, 'self' | 'state'>,
  clock: Clock,
  before?: ServerHeritage,
): ServerHeritage {
  const signingKeys = isSame('signingKeys', self, before) ? before.signingKeys : readKeys(self, clock)
  const isOwn = signingKeys === before?.signingKeys && isSame('certificates', self, before)
  const ownKeys = isOwn ? before.ownKeys : ownKeysOf(self, signingKeys)
  const suspensions = keptSuspensions(state, before) ?? createSuspensions({ state, clock })
  return {
    self,
    signingKeys,
    ownKeys,
    keptKeys: new KeptKeys(before?.keptKeys),
    state,
    suspensions,
    proofMemory: proofMemoryOf(before) ?? createProofMemory(state, clock),
    watched: watchedOf(before),
  }
}

/** Another state would not know whom this server has suspended. */
function keptSuspensions(state: S2SState | undefined, before: ServerHeritage | undefined): Suspensions | undefined {
  if (before === undefined || before.state === state) return before?.suspensions
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', 'state cannot be replaced by a reload; start the server anew')
}

function proofMemoryOf(before: ServerHeritage | undefined): ProofMemory | undefined {
  return before?.proofMemory
}

function watchedOf(before: ServerHeritage | undefined): WatchedServer {
  return before?.watched ?? createWatchedServer()
}

function isSame(
  member: 'signingKeys' | 'certificates',
  self: SelfOptions | undefined,
  before: ServerHeritage | undefined,
): before is ServerHeritage {
  const given = self?.[member]
  // What a file holds may have changed although its path did not.
  const isInline = !JSON.stringify(given ?? '').includes('"file":')
  return before !== undefined && isInline && isDeepStrictEqual(before.self?.[member], given)
}

function readKeys(self: SelfOptions | undefined, clock: Clock): SigningKeys | undefined {
  const keys = self?.signingKeys
  return keys === undefined ? undefined : readSigningKeys(keys, { clock, name: 'options.self.signingKeys' })
}

function ownKeysOf(self: SelfOptions | undefined, signingKeys: SigningKeys | undefined): ReadonlySet<string> {
  return signingKeys === undefined ? selfKeys(self) : createOwnKeys(selfKeys(self), signingKeys)
}
