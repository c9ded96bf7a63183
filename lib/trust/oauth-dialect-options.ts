import type { JsonObject } from '../foundation/parse-json.ts'

/** How an OAuth issuer's tokens say whether an application acts alone or for a user. */
export type CallerKindRule =
  | 'rfc9068'
  | 'rfc7662'
  | 'entra'
  | 'auth0'
  | 'okta'
  | 'keycloak'
  | 'cognito'
  | 'kubernetes'
  | 'spiffe'
  | 'google'
  | ((claims: JsonObject) => 'app' | 'user+app' | undefined)

/** How the tokens of an OAuth issuer say who calls, for whom. */
export interface OAuthDialectOptions {
  /**
   * How to tell applications from users. Default `rfc9068` (`sub` equals `client_id`: an application). `rfc7662`, for
   * issuers that are asked: also without `sub` and `username`. What cannot be decided is `user+app` without app roles.
   * `kubernetes`, `spiffe` and `google` are applications on their own, always, and have further conditions: see the guide of
   * recipes.
   */
  readonly callerKind?: CallerKindRule
  /**
   * Read RFC 8693 `act`: the current (outermost) actor is the application, `sub` the user it acts for, and earlier actors stand
   * in `principal.actorChain`. Default `false`: then a token with `act` is refused unless `act` names the very application that
   * the token names anyway. Either way such a token is never an application on its own.
   */
  readonly acceptsActorClaim?: boolean
  /** With `callerKind: 'kubernetes'`: the only namespaces whose service accounts are let in. */
  readonly namespaces?: readonly string[]
  /** With `callerKind: 'cognito'`: the clients (`client_id`) whose tokens are for this server although they have no `aud`. */
  readonly clientIds?: readonly string[]
  /**
   * With `callerKind: 'spiffe'`: the trust domain whose workloads this issuer vouches for, such as `example.org`. Tokens
   * without `iss` are looked up by it.
   */
  readonly trustDomain?: string
}
