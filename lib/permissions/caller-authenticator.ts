import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { createPrincipal, type S2SPrincipal } from '../identity/principal.ts'
import { createUserRehydrator, type RehydrateUser } from '../identity/rehydrate-user.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { selfAudiences } from '../trust/self.ts'
import type { TrustContext, TrustedIssuer } from '../trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../trust/trusted-issuers.ts'
import { createTokenVerifier } from '../verification/token-verifier.ts'
import type { RememberedToken } from '../verification/verified-token-cache.ts'
import { auditAcceptance, auditRejection } from './caller-audit.ts'
import type { VerifierOptions } from './caller-options.ts'
import type { EffectivePermissions } from './effective-permissions.ts'
import { createMemoryGrants, isGrantStore, type GrantStore } from './grants.ts'
import { createHeritage, type ServerHeritage } from './server-heritage.ts'
import { createTokenMemory } from './token-memory.ts'
import { createSenders, type Sender, type Standing } from './token-senders.ts'

/** A caller whose token was verified, and what it may do on this server. */
export interface AuthenticatedCaller {
  readonly principal: S2SPrincipal
  readonly effective: EffectivePermissions
}

/** Answers the first question, "is the requesting server trusted?", for one server configuration. */
export interface CallerAuthenticator {
  readonly issuers: TrustedIssuers
  readonly audit: AuditLog
  readonly clock: Clock
  /** Our own keys; `undefined` without `self.signingKeys`. */
  readonly signingKeys: SigningKeys | undefined
  /** For the next configuration of the same server. */
  readonly heritage: ServerHeritage
  /**
   * Verifies a bearer token and says who calls, at once when nothing must be fetched; the user it names is looked up where `findProfiles` is configured. Emits
   * one audit event.
   *
   * @throws TokenError, PermissionError, IdentityError, UnavailableError
   */
  authenticate(
    this: void,
    token: string,
    correlationId: () => string,
  ): AuthenticatedCaller | Promise<AuthenticatedCaller>
}

/**
 * Wires trust, verification, identity and grants. Works without Express. The members of `options` are checked by whoever
 * took them in (`parseVerifierOptions`); what needs several of them at once is checked here. `before` is handed on by the
 * configuration that these options replace.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createCallerAuthenticator(options: VerifierOptions, before?: ServerHeritage): CallerAuthenticator {
  const heritage = createHeritage(options.self, options.clock ?? systemClock, before)
  try {
    return wireAuthenticator(options, heritage)
  } catch (error) {
    heritage.keptKeys.close()
    throw error
  }
}

function wireAuthenticator(options: VerifierOptions, heritage: ServerHeritage): CallerAuthenticator {
  const clock: Clock = options.clock ?? systemClock
  const audit = createAuditLog({
    clock,
    ...(options.onAuditEvent === undefined ? {} : { onAuditEvent: options.onAuditEvent }),
  })
  const issuers = createIssuers(options, { clock, audit, ...heritage })
  const senders = createSenders(createGrantStore(options, issuers))
  const verify = createTokenMemory(createTokenVerifier({ issuers, clock }), senders, { clock, issuers })
  const rehydrate = createRehydration(options, clock)

  function authenticate(
    token: string,
    correlationId: () => string,
  ): AuthenticatedCaller | Promise<AuthenticatedCaller> {
    let sender: Sender | undefined
    function admit(remembered: RememberedToken<Sender>): AuthenticatedCaller | Promise<AuthenticatedCaller> {
      ;({ sender } = remembered)
      return whenReady(rehydrate(sender), (standing) => {
        const caller = callerOf(standing, remembered)
        auditAcceptance(audit, { principal: caller.principal, token, correlationId })
        return caller
      })
    }
    function refuse(error: unknown): never {
      auditRejection(audit, { error, correlationId, sender })
      throw error
    }
    try {
      const admitted = whenReady(verify(token), admit)
      return admitted instanceof Promise ? admitted.catch(refuse) : admitted
    } catch (error) {
      return refuse(error)
    }
  }

  return { issuers, audit, clock, signingKeys: heritage.signingKeys, heritage, authenticate }
}

/** Callers bring one token for an hour: the last one is nearly always the same again. */
function callerOf(standing: Standing, { issuedAt, expiresAt }: RememberedToken<Sender>): AuthenticatedCaller {
  const { effective, parts, last } = standing
  if (last?.principal.token.expiresAt === expiresAt && last.principal.token.issuedAt === issuedAt) return last
  const caller = { principal: createPrincipal(parts, { issuedAt, expiresAt }), effective }
  standing.last = caller
  return caller
}

/** Gives a named user its profile. Who calls as itself is never looked up, nor OAuth users unless they are asked for. */
function createRehydration(
  { findProfiles, profileOptions }: VerifierOptions,
  clock: Clock,
): (sender: Sender) => Promise<Standing> | Standing {
  if (findProfiles === undefined) return ({ standing }) => standing()
  const { includeOAuthUsers = false, ...others } = profileOptions ?? {}
  const rehydrateUser: RehydrateUser = createUserRehydrator({ findProfiles, clock, ...others })
  return function rehydrate({ caller: { user }, issuer, standing }) {
    if (user === undefined || (issuer.protocol === 'oauth' && !includeOAuthUsers)) return standing()
    return rehydrateUser(user, issuer).then((profile) => {
      const { effective, parts } = standing()
      return { effective, parts: { ...parts, user: Object.freeze({ ...user, profile }) }, last: undefined }
    })
  }
}

function createIssuers(
  options: VerifierOptions,
  {
    clock,
    audit,
    ownKeys,
    keptKeys,
  }: Pick<TrustContext, 'clock' | 'audit' | 'ownKeys'> & Pick<ServerHeritage, 'keptKeys'>,
): TrustedIssuers {
  const { self, audience } = options
  const { agent, ca, fetch, timeoutMilliseconds, maximumBytes } = options
  const fetchOptions = Object.fromEntries(
    Object.entries({ agent, ca, fetch, timeoutMilliseconds, maximumBytes }).filter(([, value]) => value !== undefined),
  )
  const issuers = createTrustedIssuers(options.trustedIssuers, {
    clock,
    audit,
    fetchOptions,
    audience: audience === undefined ? [] : [audience].flat(),
    selfAudience: selfAudiences(self),
    ownName: self === undefined ? undefined : `${self.clientId}@${self.realm}`,
    ownKeys,
    keptKeys,
    checkIssuer: (issuer) => {
      checkDelegation(issuer, options)
    },
  })
  keptKeys.settle()
  return issuers
}

/** Delegation lets an application name any user: the user's own rights must be asked, or the developer says who asks. */
function checkDelegation(issuer: TrustedIssuer, { userRights, findProfiles }: VerifierOptions): void {
  if (issuer.protocol !== 's2s' || issuer.allowDelegation === false) return
  if (userRights !== undefined || findProfiles !== undefined) return
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${issuer.name} allows delegation: give userRights(user, request) or findProfiles, or write userRights: 'checked-by-handler'`,
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
