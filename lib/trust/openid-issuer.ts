import { createJwksKeySet } from '../keys/jwks-key-set.ts'
import { discoveryTokenOf } from './discovery-token.ts'
import { openIdMetadataUrls } from '../metadata/openid-metadata.ts'
import type { OpenIdIssuerOptions } from './issuer-options.ts'
import { createOAuthIssuer } from './issuer-policy.ts'
import { createOpenIdKeys, keySetsOf } from './openid-keys.ts'
import type { OAuthTrustedIssuer, TrustContext } from './trusted-issuer.ts'

/**
 * An OAuth 2.0 or OpenID issuer that is discovered. The document's `issuer` must equal the configured one to the letter;
 * keys come from its `jwks_uri`, or from `jwksUri` or `bundleEndpoint` without discovery. Nothing is fetched before it is needed.
 *
 * Does not read the member `issuer` that Entra gives its keys: for Entra use the type `microsoft365`.
 *
 * @see OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3
 */
export function createOpenIdIssuer(options: OpenIdIssuerOptions, context: TrustContext): OAuthTrustedIssuer {
  const { issuer, bundleEndpoint, jwksUri = bundleEndpoint, name = issuer } = options
  const keys = createOpenIdKeys(
    {
      name,
      discoveryUrls: jwksUri === undefined ? openIdMetadataUrls(issuer) : [],
      documentIssuer: issuer,
      jwksUri,
      use: bundleEndpoint === undefined ? 'sig' : 'jwt-svid',
      discoveryToken: discoveryTokenOf(options),
      remote: options,
    },
    context,
  )
  return createOAuthIssuer(options, keySetsOf(keys, createJwksKeySet, keys.close.bind(keys)), context)
}
