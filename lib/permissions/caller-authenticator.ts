import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import { createOwnKeys } from '../keys/own-keys.ts'
import { readSigningKeys, type SigningKeys } from '../keys/signing-keys.ts'
import { createSuspensions, type Suspensions } from '../suspension/suspensions.ts'
import { selfKeys } from '../trust/self.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { createSignedTokenProver, type ProveSignedToken } from '../verification/prove-signed-token.ts'
import { createTokenVerifier } from '../verification/token-verifier.ts'
import { createAuthenticateCaller, type AuthenticateCaller } from './authenticate-caller.ts'
import type { VerifierOptions } from './caller-options.ts'
import { createIssuers } from './create-issuers.ts'
import { createMemoryGrants, type Grant, type GrantStore } from './grants.ts'
import { createSenderRehydrator } from './rehydrate-sender.ts'
import { createTokenMemory } from './token-memory.ts'
import { createSenders } from './token-senders.ts'

/** Answers the first question, "is the requesting server trusted?", for one server configuration. */
export interface CallerAuthenticator {
  readonly issuers: TrustedIssuers
  readonly audit: AuditLog
  readonly clock: Clock
  /** Our own keys; `undefined` without `self.signingKeys`. */
  readonly signingKeys: SigningKeys | undefined
  readonly suspensions: Suspensions
  /** For tokens that came in a way that exposes them. */
  readonly proveSignedToken: ProveSignedToken
  /** Fetches all keys, and the suspensions of the fleet; rejects with `UnavailableError`. */
  ready(this: void): Promise<void>
  /** Stops timers. */
  close(this: void): void
  /**
   * Verifies a bearer token and says who calls, at once when nothing must be fetched; the user it names is looked up where `findProfiles` is configured. Emits
   * one audit event.
   *
   * @throws TokenError, PermissionError, IdentityError, UnavailableError
   */
  readonly authenticate: AuthenticateCaller
}

/**
 * Wires trust, verification, identity and grants. Works without Express. The members of `options` are checked by whoever
 * took them in (`parseVerifierOptions`); what needs several of them at once is checked here.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createCallerAuthenticator(
  options: VerifierOptions,
  { burnsTokens = false }: { readonly burnsTokens?: boolean } = {},
): CallerAuthenticator {
  const clock: Clock = options.clock ?? systemClock
  const audit = createAuditLog({
    clock,
    ...(options.onAuditEvent === undefined ? {} : { onAuditEvent: options.onAuditEvent }),
  })
  const signingKeys = createKeys(options, clock)
  const issuers = createIssuers(options, { clock, audit, ownKeys: ownKeysOf(options, signingKeys) })
  const { state, stateStaleSeconds } = options
  const suspensions = createSuspensions({ state, stateStaleSeconds, clock, audit, isKnownIssuer: knows(issuers) })
  const recognise = createTokenMemory(
    createTokenVerifier({ issuers, clock }),
    createSenders(createGrantStore(options, issuers)),
    { clock, issuers, suspensions, keepsHashes: burnsTokens || state !== undefined },
  )
  const rehydrate = createSenderRehydrator(options, clock)
  return {
    issuers,
    audit,
    clock,
    signingKeys,
    suspensions,
    proveSignedToken: createSignedTokenProver({ issuers, clock }),
    ready: async () => {
      await Promise.all([issuers.ready(), suspensions.current()])
    },
    close: () => {
      issuers.close()
      suspensions.close()
    },
    authenticate: createAuthenticateCaller({ recognise, rehydrate, suspensions, audit }),
  }
}

/** By name, preset or `iss`. An issuer that has not told its name yet may bear any. */
function knows(issuers: TrustedIssuers): (name: string) => boolean {
  return (name) =>
    issuers
      .list()
      .some(
        (issuer) =>
          issuer.issuerNames.length === 0 ||
          [issuer.name, ...issuer.issuerNames, ...(issuer.partOf ?? [])].includes(name),
      )
}

function createKeys({ self }: VerifierOptions, clock: Clock): SigningKeys | undefined {
  const keys = self?.signingKeys
  return keys === undefined ? undefined : readSigningKeys(keys, { clock, name: 'options.self.signingKeys' })
}

/** Keys that no foreign issuer may use: our certificates', and every signing key that is published now or later. */
function ownKeysOf({ self }: VerifierOptions, signingKeys: SigningKeys | undefined): ReadonlySet<string> {
  return signingKeys === undefined ? selfKeys(self) : createOwnKeys(selfKeys(self), signingKeys)
}

function createGrantStore(options: VerifierOptions, issuers: TrustedIssuers): GrantStore {
  const { grants } = options
  if (grants === undefined) return createMemoryGrants([])
  if (isStore(grants)) return grants
  const known = issuers.list().flatMap((issuer) => [issuer.name, ...issuer.issuerNames])
  const hasUnnamed = issuers.list().some((issuer) => issuer.issuerNames.length === 0)
  for (const [index, grant] of grants.entries()) {
    if (hasUnnamed || known.includes(grant.issuer)) continue
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `grants[${index}].issuer is not among trustedIssuers; write the issuer's name or iss: ${known.join(', ')}`,
    )
  }
  return createMemoryGrants(grants)
}

function isStore(grants: readonly Grant[] | GrantStore): grants is GrantStore {
  return 'grantsOf' in grants
}

/** The refusal of an application's own verify callback. */
export function callerRefused(): TokenError {
  return new TokenError('ERR_S2S_CALLER_REFUSED', 'the verify callback refused the caller')
}
