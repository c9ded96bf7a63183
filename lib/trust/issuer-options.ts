import type { FetchJsonOptions } from '../foundation/fetch-json.ts'
import type { TextOrFile } from '../foundation/text-or-file.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { Microsoft365IssuerOptions } from './microsoft365-options.ts'

/** Options of every issuer type. */
export interface CommonIssuerOptions {
  /** A name for logs, grants and the challenge. Default: the issuer's `iss`. Unique among the trusted issuers. */
  readonly name?: string
  /** Audience(s) that tokens of this issuer must carry, instead of the server's own `audience` (OAuth) or `self` (S2S). */
  readonly audience?: string | readonly string[]
  /** Signature algorithms. Default: `RS256` for S2S, `RS256` and `ES256` for OAuth. Never taken from metadata or token. */
  readonly algorithms?: readonly string[]
  /** Accepted `typ` header values, compared without letter case; a token without `typ` is accepted (but see `strict`). */
  readonly acceptedTypes?: readonly string[]
  /** Seconds by which clocks may differ. Default 60. */
  readonly clockToleranceSeconds?: number
  /** Longest accepted lifetime in seconds, inclusive. Default 86400 (24 hours). */
  readonly maximumLifetimeSeconds?: number
  /** Scope names: whatever else this issuer says or is granted is ignored. Default: no ceiling. */
  readonly permissionCeiling?: readonly string[]
  /**
   * Try the rules first: its callers pass where a permission is missing, and `access.would-be-refused` is audited. Their
   * tokens are verified as ever. Default `false`.
   */
  readonly shadow?: boolean
}

/** Options of issuer types whose keys are fetched over https. */
export interface RemoteKeysOptions extends FetchJsonOptions {
  /** Seconds after which keys are fetched again. A withdrawn key stops working after that. Default 600. */
  readonly keysRefreshSeconds?: number
  /** Seconds for which the last known good keys serve while the issuer is out of reach. Default 14400 (4 hours). */
  readonly keysStaleSeconds?: number
}

/** How an OAuth issuer's tokens say whether an application acts alone or for a user. */
export type CallerKindRule =
  | 'rfc9068'
  | 'entra'
  | 'auth0'
  | 'okta'
  | 'keycloak'
  | 'cognito'
  | ((claims: JsonObject) => 'app' | 'user+app' | undefined)

/** Options of OAuth 2.0 and OpenID issuers. */
export interface OAuthIssuerOptions extends CommonIssuerOptions {
  /** RFC 9068 to the letter: `typ` must be `at+jwt`; `sub`, `client_id`, `iat` and `jti` must be there. Default `false`. */
  readonly strict?: boolean
  /**
   * How to tell applications from users. Default `rfc9068` (`sub` equals `client_id`: an application). What cannot be
   * decided is `user+app` without app roles.
   */
  readonly callerKind?: CallerKindRule
  /** Paths of further claims that hold permissions, such as `[['realm_access', 'roles']]`. */
  readonly permissionClaims?: readonly (readonly string[])[]
  /**
   * Tokens bound to a DPoP key (`cnf.jkt`, RFC 9449). `required`: a token that is not is refused. Both need the server's own
   * option `dpop`, with which the default is `allowed`; without it bound tokens are refused.
   */
  readonly dpop?: 'allowed' | 'required'
  /**
   * Tokens bound to a client certificate (`cnf.x5t#S256`, RFC 8705). `required`: a token that is not is refused. Both need
   * the server's own option `clientCertificates`, with which the default is `allowed`; without it bound tokens are refused.
   */
  readonly mtls?: 'allowed' | 'required'
}

/** What an application may be: nothing, for users only, itself and for listed users, or itself and for any user. */
export type DelegationLevel = 'none' | 'user' | 'application' | 'full'

/**
 * Users by any identifier that tokens name them by (`nameid`, `upn`, `smtp`, `sip`), without letter case. List every
 * identifier of a user: `allow` needs all that a token carries, `deny` can only know those that are listed.
 */
export interface DelegatedUsers {
  /** The only users the application may act for. Required by `application` to act for anybody; not for `full`. */
  readonly allow?: readonly string[]
  /** Users the application may never act for, whatever `allow` says. */
  readonly deny?: readonly string[]
}

/** How far one application is trusted, in the vocabulary of Skype for Business. */
export interface DelegatedApplication {
  /** `id`, or `id@realm` which goes before; exact. */
  readonly id: string
  /**
   * `none`: nothing. `user`: acts for users (those of `users.allow`, where given) and never as itself. `application`:
   * acts as itself, and for users of `users.allow` only. `full`: acts as itself and for any user. `users.deny` and the
   * claim `trustedfordelegation` of the token count at every level; so do grants.
   */
  readonly level: DelegationLevel
  /** Default: nobody for `application`, everybody for `user` and `full`. */
  readonly users?: DelegatedUsers
}

/** Which applications may name a user. */
export interface DelegationOptions {
  /** Applications that may act for users; a text (`id` or `id@realm`, exact) has the level `full`. */
  readonly applications: readonly (string | DelegatedApplication)[]
}

/** Options of issuers that speak the S2S protocol. */
export interface S2SIssuerOptions extends CommonIssuerOptions {
  /** Whether the issuer may vouch for applications other than itself. Default `false` (protocol: `-IsTrustBroker`). */
  readonly isTrustBroker?: boolean
  /** Which applications may act for a user they name. Default `false`: none; each may act as itself. */
  readonly allowDelegation?: false | DelegationOptions
  /** Accept user tokens of ACS (one signed token with `actor`); brokers only; counts as delegation. Default `false`. */
  readonly acceptsUserTokens?: boolean
  /** Use a Windows SID in `nameid` to find the user. Default `false`. */
  readonly acceptSecurityIdentifiers?: boolean
  /** Only for an issuer name that ends in `@*`: the realms that are believed. A wildcard is never matched as a pattern. */
  readonly realms?: readonly string[]
}

/** An S2S server that publishes a JSON metadata document (SharePoint, Exchange, Skype for Business, ACS). */
export interface S2SMetadataIssuerOptions extends S2SIssuerOptions, RemoteKeysOptions {
  readonly type: 's2s-metadata'
  /** https address of the document, for example `https://farm/_layouts/15/metadata/json/1`. */
  readonly metadataEndpoint: string
  /**
   * The issuer name the document must have, `id@realm`. Left out, it is learnt from the first document and then fixed;
   * say `await s2s.ready()` at start, because until it is learnt an unknown issuer makes us fetch the document.
   */
  readonly registeredIssuerName?: string
  /** Accept only certificates with one of these thumbprints (SHA-1 or SHA-256; hex, base64 or base64url). */
  readonly thumbprints?: readonly string[]
}

/** An S2S server whose certificates are configured here. */
export interface S2SCertificateIssuerOptions extends S2SIssuerOptions {
  readonly type: 's2s-certificate'
  /** `id@realm`, exactly as tokens carry it in `iss`. */
  readonly registeredIssuerName: string
  /** One or several certificates, PEM or base64 DER; public part only. */
  readonly certificates: TextOrFile | readonly TextOrFile[]
}

/** An OAuth 2.0 or OpenID issuer with discovery (OpenID Connect Discovery 1.0 or RFC 8414). */
export interface OpenIdIssuerOptions extends OAuthIssuerOptions, RemoteKeysOptions {
  readonly type: 'openid'
  /** The exact `iss` of the tokens. */
  readonly issuer: string
  /** https address of the key set; without it discovery is asked. */
  readonly jwksUri?: string
}

/** A static issuer without its keys. */
export interface StaticIssuerBase extends OAuthIssuerOptions {
  readonly type: 'static'
  /** The exact `iss` of the tokens. */
  readonly issuer: string
}

/** The keys of a static issuer: exactly one of the four. */
export type StaticKeys =
  | {
      readonly jwk: JsonObject | { readonly file: string }
      readonly jwks?: never
      readonly pem?: never
      readonly certificate?: never
    }
  | {
      readonly jwks: JsonObject | { readonly file: string }
      readonly jwk?: never
      readonly pem?: never
      readonly certificate?: never
    }
  | { readonly pem: TextOrFile; readonly jwk?: never; readonly jwks?: never; readonly certificate?: never }
  | { readonly certificate: TextOrFile; readonly jwk?: never; readonly jwks?: never; readonly pem?: never }

/** An OAuth issuer whose keys are configured here as JWK, JWKS, PEM public key or certificate. */
export type StaticIssuerOptions = StaticIssuerBase & StaticKeys

/** One trusted issuer, or a preset of several. The type chooses the protocol; the token never does. */
export type TrustedIssuerOptions =
  | S2SMetadataIssuerOptions
  | S2SCertificateIssuerOptions
  | OpenIdIssuerOptions
  | StaticIssuerOptions
  | Microsoft365IssuerOptions
