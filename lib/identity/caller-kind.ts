import type { JsonObject } from '../foundation/parse-json.ts'
import { TokenError } from '../foundation/errors.ts'
import { textClaim } from '../tokens/claims.ts'
import type { CallerKindRule } from '../trust/issuer-options.ts'

/** Whether an application acts as itself or for a user. */
export type CallerKind = 'app' | 'user+app'

/** What an OAuth token says about its caller. */
export interface OAuthCaller {
  readonly kind: CallerKind
  /** `false` when the dialect could not tell: then it is `user+app`, without app roles. */
  readonly kindIsCertain: boolean
  readonly applicationId: string
}

interface Dialect {
  /** Claims that may name the application, in order. */
  readonly application: readonly string[]
  kind(this: void, claims: JsonObject, applicationId: string | undefined): CallerKind | undefined
}

const anyApplicationClaim = ['client_id', 'azp', 'appid', 'cid'] as const

const dialects: Readonly<Record<Exclude<CallerKindRule, (...parameters: never[]) => unknown>, Dialect>> = {
  rfc9068: {
    application: anyApplicationClaim,
    kind: (claims, id) => compareSubject(textClaim(claims, 'sub'), id),
  },
  rfc7662: {
    application: ['client_id'],
    kind: (claims, id) =>
      textClaim(claims, 'sub') === undefined && textClaim(claims, 'username') === undefined
        ? 'app'
        : compareSubject(textClaim(claims, 'sub'), id),
  },
  entra: { application: ['azp', 'appid'], kind: entraKind },
  auth0: {
    application: ['azp', 'client_id'],
    kind: (claims, id) =>
      claims['gty'] === 'client-credentials' ? 'app' : compareSubject(textClaim(claims, 'sub'), id && `${id}@clients`),
  },
  okta: { application: ['cid', 'client_id'], kind: oktaKind },
  keycloak: { application: ['azp', 'client_id'], kind: keycloakKind },
  cognito: {
    application: ['client_id'],
    kind: (claims, id) =>
      Object.hasOwn(claims, 'username') ? 'user+app' : compareSubject(textClaim(claims, 'sub'), id),
  },
}

/**
 * Tells from the claims of a verified OAuth token which application calls, and whether it acts for a user.
 *
 * Does not check permissions. What the dialect cannot decide is `user+app` and not certain.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` when no application is named
 * @see RFC 9068 section 2.2; Entra, Auth0, Okta, Keycloak and Cognito access token claims
 */
export function readOAuthCaller(claims: JsonObject, rule: CallerKindRule): OAuthCaller {
  const { application, kind: kindOf } = typeof rule === 'function' ? customDialect(rule) : dialects[rule]
  const named = firstText(claims, application)
  const kind = kindOf(claims, named) ?? selfIssuedKind(claims, named)
  const applicationId = named ?? (kind === 'app' ? textClaim(claims, 'sub') : undefined)
  if (applicationId === undefined) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', `the token names no application (${application.join(', ')})`)
  }
  return { kind: kind ?? 'user+app', kindIsCertain: kind !== undefined, applicationId }
}

/** JavaScript callers may give anything; only the two kinds count. */
function customDialect(rule: Extract<CallerKindRule, (...parameters: never[]) => unknown>): Dialect {
  const kind = (claims: JsonObject): CallerKind | undefined => {
    const answer: unknown = rule(claims)
    return answer === 'app' || answer === 'user+app' ? answer : undefined
  }
  return { application: anyApplicationClaim, kind }
}

/** An issuer that speaks for itself alone, as in RFC 7523: no client is named and `iss` equals `sub`. */
function selfIssuedKind(claims: JsonObject, named: string | undefined): CallerKind | undefined {
  return named === undefined && typeof claims['sub'] === 'string' && claims['sub'] === claims['iss'] ? 'app' : undefined
}

function firstText(claims: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = textClaim(claims, name)
    if (value !== undefined) return value
  }
  return undefined
}

function compareSubject(subject: string | undefined, id: string | undefined): CallerKind | undefined {
  if (subject === undefined || id === undefined) return undefined
  return subject === id ? 'app' : 'user+app'
}

/** `idtyp` decides where it is there; else delegated scopes mean a user, and app roles of `oid` = `sub` an application. */
function entraKind(claims: JsonObject): CallerKind | undefined {
  if (claims['idtyp'] === 'app') return 'app'
  if (claims['idtyp'] !== undefined || Object.hasOwn(claims, 'scp')) return 'user+app'
  const subject = textClaim(claims, 'sub')
  return Array.isArray(claims['roles']) && subject !== undefined && subject === claims['oid'] ? 'app' : undefined
}

function oktaKind(claims: JsonObject, id: string | undefined): CallerKind | undefined {
  if (Object.hasOwn(claims, 'uid')) return 'user+app'
  return compareSubject(textClaim(claims, 'sub'), id)
}

/** A service account: user name `service-account-<client>` and the client's own id claim, which users never carry. */
function keycloakKind(claims: JsonObject, id: string | undefined): CallerKind | undefined {
  const user = textClaim(claims, 'preferred_username')
  if (id === undefined || user === undefined) return undefined
  if (user !== `service-account-${id.toLowerCase()}`) return 'user+app'
  return firstText(claims, ['client_id', 'clientId']) === id ? 'app' : undefined
}
