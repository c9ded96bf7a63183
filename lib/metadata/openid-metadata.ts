import { UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'

/** What is used of a discovery document. Allowed algorithms are never taken from it. */
export interface OpenIdMetadata {
  readonly issuer: string
  readonly jwksUri: string
  /** Only in documents of Microsoft Entra: the cloud of the tenant, such as `microsoftonline.com`. */
  readonly cloudInstanceName?: string
}

/**
 * Reads a discovery document (OpenID Connect Discovery 1.0 section 4.2, RFC 8414 section 3.2).
 *
 * Does not fetch anything, and does not check who answers at `jwks_uri` (see `fetchJson`).
 *
 * @throws UnavailableError `ERR_S2S_METADATA_INVALID` when `issuer` is not `expectedIssuer` to the letter, or `jwks_uri` is
 * not an https address
 */
export function parseOpenIdMetadata(document: JsonObject, expectedIssuer: string): OpenIdMetadata {
  if (document['issuer'] !== expectedIssuer) {
    throw invalid(`the discovery document is not of ${expectedIssuer}; compare letter case and the slash at the end`)
  }
  const jwksUri = document['jwks_uri']
  if (typeof jwksUri !== 'string' || !isHttpsAddress(jwksUri)) {
    throw invalid(`the discovery document of ${expectedIssuer} has no https "jwks_uri" (without user name or password)`)
  }
  const cloud = document['cloud_instance_name']
  return { issuer: expectedIssuer, jwksUri, ...(typeof cloud === 'string' ? { cloudInstanceName: cloud } : {}) }
}

/** Where the discovery document of an issuer may be: OpenID Connect appends, RFC 8414 inserts before the path. */
export function openIdMetadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    ...new Set([
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
    ]),
  ]
}

function invalid(reason: string): UnavailableError {
  return new UnavailableError('ERR_S2S_METADATA_INVALID', reason)
}
