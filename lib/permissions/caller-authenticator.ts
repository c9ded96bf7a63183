import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError, S2SError, TokenError, UnavailableError } from '../foundation/errors.ts'
import { createPrincipal, readCaller, type Caller, type S2SPrincipal } from '../identity/principal.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import { selfAudiences, selfKeys } from '../trust/self.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../trust/trusted-issuers.ts'
import { createTokenVerifier, tokenIdOf } from '../verification/token-verifier.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
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
  /**
   * Verifies a bearer token and says who calls. Emits one audit event.
   *
   * @throws TokenError, PermissionError, UnavailableError
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
  const issuers = createIssuers(options, { clock, audit })
  const grants = createGrantStore(options, issuers)
  const verifyToken = createTokenVerifier({ issuers, clock })

  async function authenticate(token: string, correlationId: () => string): Promise<AuthenticatedCaller> {
    try {
      const verified = await verifyToken(token)
      const caller = readCaller(verified)
      const effective = effectivePermissions(callerFacts(verified, caller), grants)
      const principal = createPrincipal(verified, caller, effective.permissions.names)
      auditAcceptance(audit, { principal, verified, correlationId })
      return { principal, effective }
    } catch (error) {
      auditRefusal(audit, error, correlationId)
      throw error
    }
  }

  return { issuers, audit, authenticate }
}

function createIssuers(options: VerifierOptions, { clock, audit }: { clock: Clock; audit: AuditLog }): TrustedIssuers {
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
    ownKeys: selfKeys(self),
    checkIssuer: (issuer) => {
      checkDelegation(issuer, options)
    },
  })
  return issuers
}

/** Delegation lets an application name any user: the user's own rights must be asked, or the developer says who asks. */
function checkDelegation(issuer: TrustedIssuer, options: VerifierOptions): void {
  if (issuer.protocol !== 's2s' || issuer.allowDelegation === false || options.userRights !== undefined) return
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${issuer.name} allows delegation: give userRights(user, request), or write userRights: 'checked-by-handler'`,
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

interface Acceptance {
  readonly principal: S2SPrincipal
  readonly verified: VerifiedToken
  readonly correlationId: () => string
}

/** A delegated acceptance has an event of its own: nobody else records which user an application named (CVE-2025-55241). */
function auditAcceptance(audit: AuditLog, { principal, verified, correlationId }: Acceptance): void {
  audit.emit(() => {
    const tokenId = tokenIdOf(verified)
    return {
      name: principal.user !== undefined && verified.format !== 'jwt' ? 'delegation.accepted' : 'token.accepted',
      outcome: 'accepted',
      correlationId: correlationId(),
      issuer: principal.issuer,
      kind: principal.kind,
      application: principal.application,
      ...(principal.user === undefined ? {} : { user: principal.user }),
      ...(tokenId === undefined ? {} : { tokenId }),
    }
  })
}

function auditRefusal(audit: AuditLog, error: unknown, correlationId: () => string): void {
  if (!(error instanceof S2SError)) return
  audit.emit(() => ({
    name: error instanceof UnavailableError ? 'verifier.unavailable' : 'token.rejected',
    outcome: error instanceof UnavailableError ? 'unavailable' : 'refused',
    code: error.code,
    correlationId: correlationId(),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
  }))
}

/** The refusal of an application's own verify callback. */
export function callerRefused(): TokenError {
  return new TokenError('ERR_S2S_CALLER_REFUSED', 'the verify callback refused the caller')
}
