import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { createServerDpopProver } from './server-dpop-prover.ts'
import { createPossessionProver } from '../binding/prove-possession.ts'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { createSignedTokenProver, type ProveSignedToken } from '../verification/prove-signed-token.ts'
import { createTokenVerifier } from '../verification/token-verifier.ts'
import {
  createAuthenticateCaller,
  type AuthenticateCaller,
  type AuthenticateCallerParts,
} from './authenticate-caller.ts'
import type { VerifierOptions } from './caller-options.ts'
import { createIssuers } from './create-issuers.ts'
import { createMemoryGrants, isGrantStore, type GrantStore } from './grants.ts'
import { createSenderRehydrator } from './rehydrate-sender.ts'
import { readServerHealth } from './server-health.ts'
import { createHeritage, type ServerHeritage } from './server-heritage.ts'
import { createTokenMemory, type TokenMemory } from './token-memory.ts'
import { createSenders } from './token-senders.ts'
import { traceVerifications } from './trace-verification.ts'

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
  /** For the next configuration of the same server. */
  readonly heritage: ServerHeritage
  /** Suspensions and health are those of this configuration from now on; the first one begins so. */
  takeEffect(this: void): void
  /** Stops what is of this configuration alone, and remembers no token any more; suspensions live on. */
  close(this: void): void
  /**
   * Verifies a bearer token and says who calls, at once when nothing must be fetched; the user it names is looked up where `findProfiles` is configured. Emits
   * one audit event.
   *
   * @throws TokenError, PermissionError, IdentityError, UnavailableError
   */
  readonly authenticate: AuthenticateCaller
}

/** What an authenticator is made with besides its options. */
export interface AuthenticatorSurroundings {
  /** Whether tokens that were exposed are refused. Default `false`. */
  readonly burnsTokens?: boolean
  /** Handed on by the configuration that these options replace. */
  readonly before?: ServerHeritage | undefined
}

/**
 * Wires trust, verification, identity and grants. Works without Express. The members of `options` are checked by whoever
 * took them in (`parseVerifierOptions`); what needs several of them at once is checked here.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createCallerAuthenticator(
  options: VerifierOptions,
  { burnsTokens = false, before }: AuthenticatorSurroundings = {},
): CallerAuthenticator {
  const clock: Clock = options.clock ?? systemClock
  const heritage = createHeritage(options, clock, before)
  try {
    const authenticator = wireAuthenticator(options, heritage, { clock, burnsTokens })
    if (before === undefined) authenticator.takeEffect()
    return authenticator
  } catch (error) {
    heritage.keptKeys.close()
    throw error
  }
}

function wireAuthenticator(
  options: VerifierOptions,
  heritage: ServerHeritage,
  { clock, burnsTokens }: { readonly clock: Clock; readonly burnsTokens: boolean },
): CallerAuthenticator {
  const { signingKeys, suspensions, watched } = heritage
  const audit = createAuditLog({ clock, source: watched.source, onAuditEvent: options.onAuditEvent })
  const issuers = createIssuers(options, { clock, audit, ...heritage })
  const keepsHashes = burnsTokens || options.state !== undefined
  const memory = createTokenMemory(
    createTokenVerifier({ issuers, clock }),
    createSenders(createGrantStore(options, issuers)),
    { clock, issuers, suspensions, keepsHashes },
  )
  const rehydrate = createSenderRehydrator(options, clock)
  const provePossession = createPossessionProver({ proveDpop: createServerDpopProver(options, heritage, clock) })
  return {
    issuers,
    audit,
    clock,
    signingKeys,
    suspensions,
    heritage,
    proveSignedToken: createSignedTokenProver({ issuers, clock }),
    ready: async () => {
      await Promise.all([issuers.ready(), suspensions.current()])
    },
    takeEffect: () => {
      const { stateStaleSeconds } = options
      suspensions.serve({ audit, isKnownIssuer: knows(issuers), stateStaleSeconds })
      watched.serve(() => readServerHealth({ clock, issuers, signingKeys, suspensions, tokenCache: memory.health }))
    },
    close: () => {
      issuers.close()
      memory.close()
    },
    authenticate: authenticateWith(memory, { provePossession, rehydrate, suspensions, audit }),
  }
}

function authenticateWith(memory: TokenMemory, parts: Omit<AuthenticateCallerParts, 'recognise'>): AuthenticateCaller {
  const { recognise, hits } = memory
  return traceVerifications({
    source: parts.audit.source,
    hits,
    verify: createAuthenticateCaller({ recognise, ...parts }),
  })
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

function createGrantStore(options: VerifierOptions, issuers: TrustedIssuers): GrantStore {
  const { grants } = options
  if (grants === undefined) return createMemoryGrants([])
  if (isGrantStore(grants)) return grants
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

/** The refusal of an application's own verify callback. */
export function callerRefused(): TokenError {
  return new TokenError('ERR_S2S_CALLER_REFUSED', 'the verify callback refused the caller')
}
