import { UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'

/**
 * Reads from a discovery document where the issuer is asked about tokens (RFC 8414 section 2). With a client certificate it
 * may want to be asked elsewhere (RFC 8705 section 5).
 *
 * The endpoint must be on the issuer's own origin: whoever changes the document must not decide who gets our tokens and our
 * secret.
 *
 * @throws UnavailableError `ERR_S2S_METADATA_INVALID`
 */
export function parseIntrospectionEndpoint(
  document: JsonObject,
  { issuer, showsCertificate }: { readonly issuer: string; readonly showsCertificate: boolean },
): string {
  if (document['issuer'] !== issuer) {
    throw invalid(`the discovery document is not of ${issuer}; compare letter case and the slash at the end`)
  }
  const endpoint = (showsCertificate ? aliasOf(document) : undefined) ?? document['introspection_endpoint']
  if (typeof endpoint !== 'string' || !isHttpsAddress(endpoint)) {
    throw invalid(
      `the discovery document of ${issuer} has no https "introspection_endpoint"; set introspectionEndpoint`,
    )
  }
  if (new URL(endpoint).origin !== new URL(issuer).origin) {
    throw invalid(`${issuer} is to be asked on another origin; if that is right, set introspectionEndpoint`)
  }
  return endpoint
}

function aliasOf({ mtls_endpoint_aliases: aliases }: JsonObject): unknown {
  return typeof aliases === 'object' && aliases !== null && Object.hasOwn(aliases, 'introspection_endpoint')
    ? (aliases as JsonObject)['introspection_endpoint']
    : undefined
}

function invalid(reason: string): UnavailableError {
  return new UnavailableError('ERR_S2S_METADATA_INVALID', reason)
}
