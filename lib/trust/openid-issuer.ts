import type { JsonObject } from '../foundation/parse-json.ts'
import { UnavailableError } from '../foundation/errors.ts'
import { createJwksKeySet, parseJwks, type JwksKey } from '../keys/jwks-key-set.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import type { KeySet } from '../keys/key-set.ts'
import { openIdMetadataUrls, parseOpenIdMetadata } from '../metadata/openid-metadata.ts'
import type { OpenIdIssuerOptions } from './issuer-options.ts'
import { createOAuthIssuer } from './issuer-policy.ts'
import { createFetcher, createRemoteSource } from './remote-keys.ts'
import type { OAuthTrustedIssuer, TrustContext } from './trusted-issuer.ts'

/**
 * An OAuth 2.0 or OpenID issuer that is discovered. The document's `issuer` must equal the configured one to the letter;
 * keys come from its `jwks_uri`, or from `jwksUri` without discovery. Nothing is fetched before it is needed.
 *
 * @see OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3
 */
export function createOpenIdIssuer(options: OpenIdIssuerOptions, context: TrustContext): OAuthTrustedIssuer {
  const fetchDocument = createFetcher(options, context)
  let discovered: string | undefined

  async function load(): Promise<KeySet> {
    const jwksUri = options.jwksUri ?? discovered ?? (await discover(options.issuer, fetchDocument))
    discovered = undefined
    const keys = foreignKeys(parseJwks(await fetchDocument(jwksUri)).keys, context)
    discovered = jwksUri
    return createJwksKeySet(keys)
  }

  const keys = createRemoteSource({ name: options.name ?? options.issuer, options, context, load })
  return createOAuthIssuer(options, keys, context)
}

/** Our own key is never a foreign issuer's, whoever publishes it (CVE-2026-55040). */
function foreignKeys(keys: readonly JwksKey[], { ownKeys }: TrustContext): readonly JwksKey[] {
  const foreign = keys.filter(({ key }) => !ownKeys.has(keyThumbprint(key)))
  if (foreign.length > 0) return foreign
  throw new UnavailableError('ERR_S2S_METADATA_INVALID', "the key set has this server's own key only")
}

/** Asks the well-known addresses in turn; the first document decides, also when it is wrong. */
async function discover(issuer: string, fetchDocument: (url: string) => Promise<JsonObject>): Promise<string> {
  let failure: unknown
  for (const url of openIdMetadataUrls(issuer)) {
    let document: JsonObject
    try {
      document = await fetchDocument(url)
    } catch (error) {
      failure ??= error
      continue
    }
    return parseOpenIdMetadata(document, issuer).jwksUri
  }
  throw failure instanceof UnavailableError
    ? failure
    : new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', `no discovery document of ${issuer} was found`, {
        cause: failure,
      })
}
