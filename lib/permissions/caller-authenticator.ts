import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import { createPrincipal, readCaller, type Caller, type S2SPrincipal } from '../identity/principal.ts'
import { createUserRehydrator, type RehydrateUser } from '../identity/rehydrate-user.ts'
import { createOwnKeys } from '../keys/own-keys.ts'
import { readSigningKeys, type SigningKeys } from '../keys/signing-keys.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import { selfAudiences, selfKeys } from '../trust/self.ts'
import type { TrustContext, TrustedIssuer } from '../trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../trust/trusted-issuers.ts'
import { createTokenVerifier } from '../verification/token-verifier.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
import { auditAcceptance, auditRejection, type Rejection } from './caller-audit.ts'
import type { VerifierOptions } from './caller-options.ts'
import { effectivePermissions, type EffectivePermissions } from './effective-permissions.ts'
import { createMemoryGrants, type Grant, type GrantStore } from './grants.ts'

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
  /**
   * Verifies a bearer token and says who calls; the user it names is looked up where `findProfiles` is configured. Emits
   * one audit event.
   *
   * @throws TokenError, PermissionError, IdentityError, UnavailableError
   */
  authenticate(this: void, token: string, correlationId: () => string): Promise<AuthenticatedCaller>
}

/**
 * Wires trust, verification, identity and grants. Works without Express. The members of `options` are checked by whoever
 * took them in (`parseVerifierOptions`); what needs several of them at once is checked here.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createCallerAuthenticator(options: VerifierOptions): CallerAuthenticator {
  const clock: Clock = options.clock ?? systemClock
  const audit = createAuditLog({
    clock,
    ...(options.onAuditEvent === undefined ? {} : { onAuditEvent: options.onAuditEvent }),
  })
  const signingKeys = createKeys(options, clock)
  const issuers = createIssuers(options, { clock, audit, ownKeys: ownKeysOf(options, signingKeys) })
  const grants = createGrantStore(options, issuers)
  const verifyToken = createTokenVerifier({ issuers, clock })
  const rehydrate = createRehydration(options, clock)

  async function authenticate(token: string, correlationId: () => string): Promise<AuthenticatedCaller> {
    let proved: Rejection['proved']
    try {
      const verified = await verifyToken(token)
      const named = readCaller(verified)
      proved = { caller: named, verified }
      const caller = await rehydrate(named, verified.issuer)
      const effective = effectivePermissions(callerFacts(verified, caller), grants)
      const principal = createPrincipal(verified, caller, effective.permissions.names)
      auditAcceptance(audit, { principal, verified, correlationId })
      return { principal, effective }
    } catch (error) {
      auditRejection(audit, { error, correlationId, proved })
      throw error
    }
  }

  return { issuers, audit, clock, signingKeys, authenticate }
}

function createKeys({ self }: VerifierOptions, clock: Clock): SigningKeys | undefined {
  const keys = self?.signingKeys
  return keys === undefined ? undefined : readSigningKeys(keys, { clock, name: 'options.self.signingKeys' })
}

/** Keys that no foreign issuer may use: our certificates', and every signing key that is published now or later. */
function ownKeysOf({ self }: VerifierOptions, signingKeys: SigningKeys | undefined): ReadonlySet<string> {
  return signingKeys === undefined ? selfKeys(self) : createOwnKeys(selfKeys(self), signingKeys)
}

/** Gives a named user its profile. Who calls as itself is never looked up, nor OAuth users unless they are asked for. */
function createRehydration(
  { findProfiles, profileOptions }: VerifierOptions,
  clock: Clock,
): (caller: Caller, issuer: TrustedIssuer) => Promise<Caller> | Caller {
  if (findProfiles === undefined) return (caller) => caller
  const { includeOAuthUsers = false, ...others } = profileOptions ?? {}
  const rehydrateUser: RehydrateUser = createUserRehydrator({ findProfiles, clock, ...others })
  return function rehydrate(caller, issuer) {
    const { user } = caller
    if (user === undefined || (issuer.protocol === 'oauth' && !includeOAuthUsers)) return caller
    return rehydrateUser(user, issuer).then((profile) => ({ ...caller, user: { ...user, profile } }))
  }
}

function createIssuers(
  options: VerifierOptions,
  { clock, audit, ownKeys }: Pick<TrustContext, 'clock' | 'audit' | 'ownKeys'>,
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
    checkIssuer: (issuer) => {
      checkDelegation(issuer, options)
    },
  })
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

function callerFacts(verified: VerifiedToken, caller: Caller): Parameters<typeof effectivePermissions>[0] {
  const { issuer, proof } = verified
  return {
    protocol: issuer.protocol,
    kind: caller.kind,
    kindIsCertain: caller.kindIsCertain,
    application: caller.application,
    // Not every `iss` of an issuer with several realms: a grant to one realm is nothing in another.
    issuerNames: [issuer.name, requiredTextClaim(proof.claims, 'iss')],
    claims: proof.claims,
    ...(issuer.protocol === 'oauth' ? { permissionClaims: issuer.permissionClaims } : {}),
    ...(issuer.permissionCeiling === undefined ? {} : { permissionCeiling: issuer.permissionCeiling }),
  }
}

/** The refusal of an application's own verify callback. */
export function callerRefused(): TokenError {
  return new TokenError('ERR_S2S_CALLER_REFUSED', 'the verify callback refused the caller')
}
