import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { readActors } from '../tokens/actor-claim.ts'
import { requiredTextClaim, textClaim } from '../tokens/claims.ts'
import type { OAuthTrustedIssuer } from '../trust/trusted-issuer.ts'
import { dialectOf, firstText, isWorkloadDialect, workloadOf } from './caller-dialects.ts'

/** Whether an application acts as itself or for a user. */
export type CallerKind = 'app' | 'user+app'

/** What an OAuth token says about its caller. */
export interface OAuthCaller {
  readonly kind: CallerKind
  /** `false` when the dialect could not tell: then it is `user+app`, without app roles. */
  readonly kindIsCertain: boolean
  readonly applicationId: string
  /** The actors of the token, the application first; only of an issuer with `acceptsActorClaim`, in a token with `act`. */
  readonly actorChain?: readonly string[]
}

/** What an issuer's options say of its callers. */
export type CallerRules = Pick<OAuthTrustedIssuer, 'callerKind'> &
  Partial<Pick<OAuthTrustedIssuer, 'acceptsActorClaim' | 'trustDomain'>>

/**
 * Tells from the claims of a verified OAuth token which application calls, and whether it acts for a user. A token with `act`
 * is one of an application that acts for a user, whatever else it says.
 *
 * Does not check permissions. What the dialect cannot decide is `user+app` and not certain.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` when no application is named, or `act` names another one than the token and the
 * issuer has no `acceptsActorClaim`; and those of the workload dialects
 * @see RFC 9068 section 2.2, RFC 8693 section 4.1; Entra, Auth0, Okta, Keycloak and Cognito access token claims
 */
export function readOAuthCaller(claims: JsonObject, rules: CallerRules): OAuthCaller {
  const { callerKind } = rules
  if (isWorkloadDialect(callerKind)) {
    return { kind: 'app', kindIsCertain: true, applicationId: workloadOf(claims, callerKind, rules) }
  }
  const { application, kind: kindOf } = dialectOf(callerKind)
  const named = firstText(claims, application)
  const actors = readActors(claims)
  if (actors !== undefined) return readDelegatedCaller(claims, { actors, named, rules })
  const kind = kindOf(claims, named) ?? selfIssuedKind(claims, named)
  const applicationId = named ?? (kind === 'app' ? textClaim(claims, 'sub') : undefined)
  if (applicationId === undefined) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', `the token names no application (${application.join(', ')})`)
  }
  return { kind: kind ?? 'user+app', kindIsCertain: kind !== undefined, applicationId }
}

interface Delegated {
  readonly actors: readonly [string, ...string[]]
  /** The application by the claims of the dialect. */
  readonly named: string | undefined
  readonly rules: CallerRules
}

/** The current actor decides; earlier ones are told and decide nothing. */
function readDelegatedCaller(claims: JsonObject, { actors, named, rules }: Delegated): OAuthCaller {
  requiredTextClaim(claims, 'sub')
  const [applicationId] = actors
  const caller = { kind: 'user+app', kindIsCertain: true, applicationId } as const
  if (rules.acceptsActorClaim === true) return { ...caller, actorChain: actors }
  if (applicationId === named) return caller
  throw new TokenError(
    'ERR_S2S_CLAIM_INVALID',
    '"act" names another actor than the application of the token, and the issuer has no acceptsActorClaim',
  )
}

/** An issuer that speaks for itself alone, as in RFC 7523: no client is named and `iss` equals `sub`. */
function selfIssuedKind(claims: JsonObject, named: string | undefined): CallerKind | undefined {
  return named === undefined && typeof claims['sub'] === 'string' && claims['sub'] === claims['iss'] ? 'app' : undefined
}
