import type { JsonObject } from '../foundation/parse-json.ts'
import { textClaim } from '../tokens/claims.ts'
import { readGoogleServiceAccount } from '../tokens/google-account.ts'
import { readServiceAccount } from '../tokens/kubernetes-account.ts'
import { readWorkload } from '../tokens/spiffe-id.ts'
import type { CallerKindRule } from '../trust/oauth-dialect-options.ts'
import type { CallerKind, CallerRules } from './caller-kind.ts'

/** How the tokens of one kind of issuer name applications. */
export interface Dialect {
  /** Claims that may name the application, in order. */
  readonly application: readonly string[]
  kind(this: void, claims: JsonObject, applicationId: string | undefined): CallerKind | undefined
}

type CustomRule = Extract<CallerKindRule, (...parameters: never[]) => unknown>

const anyApplicationClaim = ['client_id', 'azp', 'appid', 'cid'] as const

/** Dialects in which only applications speak, each in a token of its own. */
export type WorkloadDialect = 'kubernetes' | 'spiffe' | 'google'

const dialects: Readonly<Record<Exclude<CallerKindRule, CustomRule | WorkloadDialect>, Dialect>> = {
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

/** Tokens of these name one application, which acts on its own: nothing is left to be told apart. */
const workloads: Readonly<Record<WorkloadDialect, (claims: JsonObject, rules: CallerRules) => string>> = {
  kubernetes: (claims) => readServiceAccount(claims).id,
  spiffe: (claims, { trustDomain }) => readWorkload(claims, trustDomain),
  google: readGoogleServiceAccount,
}

/** Whether the tokens of a dialect are of workloads only. */
export function isWorkloadDialect(rule: CallerKindRule): rule is WorkloadDialect {
  return typeof rule === 'string' && Object.hasOwn(workloads, rule)
}

/**
 * The application of a token in which a workload names itself.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_TOKEN_TYPE`, `ERR_S2S_REALM_MISMATCH`
 */
export function workloadOf(claims: JsonObject, dialect: WorkloadDialect, rules: CallerRules): string {
  return workloads[dialect](claims, rules)
}

/** The dialect of an issuer whose tokens may be of applications and of users. */
export function dialectOf(rule: Exclude<CallerKindRule, WorkloadDialect>): Dialect {
  return typeof rule === 'function' ? customDialect(rule) : dialects[rule]
}

/** JavaScript callers may give anything; only the two kinds count. */
function customDialect(rule: CustomRule): Dialect {
  const kind = (claims: JsonObject): CallerKind | undefined => {
    const answer: unknown = rule(claims)
    return answer === 'app' || answer === 'user+app' ? answer : undefined
  }
  return { application: anyApplicationClaim, kind }
}

/** The first of the claims that is there. */
export function firstText(claims: JsonObject, names: readonly string[]): string | undefined {
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

/** What only tokens of people carry, guests included. */
const personClaims = ['scp', 'upn', 'unique_name', 'preferred_username', 'name', 'acct', 'amr', 'email'] as const

/**
 * `idtyp` (an optional claim) decides where it is there; else delegated scopes, or whatever only people have, mean a user, and
 * app roles of `oid` = `sub` an application. An application that did not authenticate itself (`azpacr`, in v1 `appidacr`, is 0)
 * cannot have got a token of its own: whatever says so is not certain.
 */
function entraKind(claims: JsonObject): CallerKind | undefined {
  const type = claims['idtyp']
  if (type !== undefined && type !== 'app') return 'user+app'
  if (personClaims.some((name) => Object.hasOwn(claims, name))) return 'user+app'
  if (firstText(claims, ['azpacr', 'appidacr']) === '0') return undefined
  return type === 'app' || isServicePrincipal(claims) ? 'app' : undefined
}

/** The subject of a person is another one for each application, and never the object id. */
function isServicePrincipal({ roles, sub, oid }: JsonObject): boolean {
  return Array.isArray(roles) && typeof sub === 'string' && sub === oid
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
