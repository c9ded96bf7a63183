import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import type { OAuthAuthentication } from '../../oauth/client-authentication-options.ts'
import type { OAuthIssuerOptions } from '../issuer-options.ts'

/** Which tokens of an issuer it is asked about. */
export type IntrospectedForm = 'opaque' | 'jwt' | 'any'

/**
 * An OAuth 2.0 issuer that is asked about each token (RFC 7662), because its tokens say nothing by themselves, or so that a
 * revoked one is refused before it ends. `maximumLifetimeSeconds` has no default here: what is asked about can be revoked.
 * Where it is set, the answer must have `exp`. `algorithms` and `acceptedTypes` matter for JWTs only.
 */
export interface IntrospectionIssuerOptions extends Omit<OAuthIssuerOptions, 'strict'>, FetchJsonOptions {
  readonly type: 'introspection'
  /** https address of the issuer, to the letter as its metadata spells it; what `iss` in answers must be. */
  readonly issuer: string
  /**
   * Where it is asked. Default: what discovery says, which must be an https address of the issuer's own origin. Whoever
   * answers there decides who is let in, and gets our tokens and our secret.
   */
  readonly introspectionEndpoint?: string
  /** This server's name at the issuer. */
  readonly clientId: string
  /** How this server proves to the issuer who it is; `assertionAudience` is always the issuer. */
  readonly authentication: OAuthAuthentication
  /**
   * `opaque`: tokens with at most one dot, which cannot be JWTs. `jwt`: JWTs whose `iss` is this issuer; that alone never
   * lets anybody in. `any`: both. Default `opaque`.
   */
  readonly accepts?: IntrospectedForm
  /**
   * What opaque tokens of this issuer begin with; the issuer is not asked about others. Needed as soon as two issuers are
   * asked about opaque tokens. Default: none.
   */
  readonly tokenPrefix?: string
  /** For how long an answer serves, at most until the token ends. A revoked token is believed that long. Default 30. */
  readonly cacheSeconds?: number
  /**
   * Believe an answer without `aud`, or with none in it. Any token of the issuer then works here, whoever it was made for,
   * unless its scopes tell. One that has `aud` must still name this server. Default `false`.
   */
  readonly acceptMissingAudience?: boolean
  /**
   * Believe an answer without `token_type`. Some issuers leave it out for refresh tokens alone, which then work here as access
   * tokens. Default `false`.
   */
  readonly acceptMissingTokenType?: boolean
}
