import type { JsonWebKey } from 'node:crypto'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { openIdMetadataUrls } from '../metadata/openid-metadata.ts'
import type { OpenIdIssuerOptions, StaticIssuerOptions } from '../trust/issuer-options.ts'
import { createDocumentFetch, type Documents } from './document-fetch.ts'
import { forgeToken } from './forge-token.ts'
import type { OAuthTestIssuerOptions } from './test-issuer-options.ts'
import { createTestKeyPair, type TestKeyPair } from './test-key-pair.ts'
import type { Members, TokenChanges } from './token-changes.ts'

/** What differs from the usual access token. */
export interface OAuthTokenChanges extends TokenChanges {
  /** Written to `scope`, with spaces between. Default: none. */
  readonly scopes?: readonly string[]
  /** Written to `roles`. Default: none. */
  readonly roles?: readonly string[]
  /** `client_id`. Default: the issuer's `application`. */
  readonly application?: string
  /**
   * What the token is bound to (`cnf`): a certificate of `createTestCertificate`, a key of `createTestDpopKey`, or both
   * (`{ ...certificate, ...key }`). Default: nothing.
   */
  readonly boundTo?: { readonly x5tS256?: string; readonly jkt?: string }
}

/** What differs from the usual access token for a user. */
export interface OAuthUserTokenChanges extends OAuthTokenChanges {
  /** `sub`. Default `test-user`. */
  readonly user?: string
}

/** An OAuth issuer in memory. */
export interface OAuthTestIssuer {
  readonly protocol: 'oauth'
  /** For `trustedIssuers` of `createS2S`. */
  readonly options: OpenIdIssuerOptions | StaticIssuerOptions
  /** `iss` of its tokens. */
  readonly issuer: string
  readonly audience: string
  /** `client_id` of its tokens. */
  readonly application: string
  readonly clock: Clock
  /** Its keys by algorithm; each stands in the key set under `kid`. */
  readonly keys: Readonly<Record<'RS256' | 'ES256', TestKeyPair & { readonly kid: string }>>
  /** The public keys, each with `kid`, `alg` and `use`. */
  jwks(this: void): { keys: JsonWebKey[] }
  /** Addresses that the server asked for, in turn; none for `static`. */
  readonly requests: readonly string[]
  /** An RFC 9068 access token of the application on its own (`sub` is `client_id`), valid for ten minutes. */
  appToken(this: void, changes?: OAuthTokenChanges): string
  /** An RFC 9068 access token of the application for a user, valid for ten minutes. */
  userToken(this: void, changes?: OAuthUserTokenChanges): string
}

/** @internal See `createTestIssuer`. */
export function createOAuthTestIssuer(options: OAuthTestIssuerOptions): OAuthTestIssuer {
  const { issuer = 'https://issuer.test', application = 'test-application', clock = systemClock, audience } = options
  const keys = keysOf(options)
  const jwks = (): { keys: JsonWebKey[] } => ({ keys: Object.entries(keys).map(([alg, key]) => toJwk(alg, key)) })
  const { fetch, requests } = createDocumentFetch(options.type === 'openid' ? documentsOf(issuer, jwks) : {})
  const common = { ...(options.name === undefined ? {} : { name: options.name }), ...options.trust, issuer }
  let serial = 0
  const token = (sub: string, changes: OAuthTokenChanges): string => {
    const iat = Math.floor(clock())
    serial += 1
    const client_id = changes.application ?? application
    const who = { iss: issuer, aud: audience, sub, client_id, ...permissionsOf(changes), ...bindingOf(changes) }
    return sign({ ...who, iat, exp: iat + 600, jti: `test-token-${serial}` }, changes, keys)
  }
  return {
    protocol: 'oauth',
    options: options.type === 'openid' ? { type: 'openid', ...common, fetch } : staticOptions(common, jwks()),
    ...{ issuer, audience, application, clock, keys, jwks, requests },
    appToken: (changes = {}) => token(changes.application ?? application, changes),
    userToken: ({ user = 'test-user', ...changes } = {}) => token(user, changes),
  }
}

function keysOf({ keyPairs }: OAuthTestIssuerOptions): OAuthTestIssuer['keys'] {
  return {
    RS256: { kid: 'RS256-0', ...(keyPairs?.RS256 ?? createTestKeyPair('rsa2048')) },
    ES256: { kid: 'ES256-0', ...(keyPairs?.ES256 ?? createTestKeyPair('ec256')) },
  }
}

function toJwk(alg: string, { kid, publicKey }: OAuthTestIssuer['keys']['RS256']): JsonWebKey {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

function documentsOf(issuer: string, jwks: () => object): Documents {
  const jwksUri = `${issuer.replace(/\/$/, '')}/jwks`
  const [discovery = ''] = openIdMetadataUrls(issuer)
  return { [discovery]: () => ({ issuer, jwks_uri: jwksUri }), [jwksUri]: jwks }
}

/** Keys that are here need not be fetched: options of fetching have no meaning for them. */
function staticOptions(common: { readonly issuer: string }, jwks: { keys: JsonWebKey[] }): StaticIssuerOptions {
  return { type: 'static', ...common, jwks: { keys: jwks.keys.map((key) => ({ ...key })) } }
}

function permissionsOf({ scopes, roles }: OAuthTokenChanges): Members {
  return {
    ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
    ...(roles === undefined ? {} : { roles }),
  }
}

function bindingOf({ boundTo }: OAuthTokenChanges): Members {
  if (boundTo === undefined) return {}
  const { x5tS256, jkt } = boundTo
  return {
    cnf: { ...(jkt === undefined ? {} : { jkt }), ...(x5tS256 === undefined ? {} : { 'x5t#S256': x5tS256 }) },
  }
}

function sign(claims: Members, changes: OAuthTokenChanges, keys: OAuthTestIssuer['keys']): string {
  const { algorithm = 'RS256' } = changes
  const own = algorithm === 'ES256' ? keys.ES256 : keys.RS256
  return forgeToken({
    header: { typ: 'at+jwt', alg: algorithm, kid: own.kid, ...changes.header },
    claims: { ...claims, ...changes.claims },
    algorithm,
    key: changes.key ?? own.privateKey,
  })
}
