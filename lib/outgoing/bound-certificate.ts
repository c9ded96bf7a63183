import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'

/**
 * The thumbprint of the certificate that a token says it is bound to: `undefined` for one that is bound to none, `opaque`
 * for a token that cannot be read here.
 *
 * Proves nothing: it is for whoever got the token from its issuer.
 *
 * @see RFC 8705 section 3.1
 */
export function boundCertificate(token: string): { readonly x5tS256: unknown } | 'opaque' {
  const claims = readClaims(token)
  if (claims === undefined) return 'opaque'
  const confirmation = claims['cnf']
  return { x5tS256: confirmation instanceof Object ? Reflect.get(confirmation, 'x5t#S256') : undefined }
}

function readClaims(token: string): JsonObject | undefined {
  const [, payload, signature, more] = token.split('.')
  if (payload === undefined || signature === undefined || more !== undefined) return undefined
  try {
    return parseJsonObject(Buffer.from(payload, 'base64url').toString())
  } catch {
    // Three parts, and no JWT: nothing in it can be read.
    return undefined
  }
}
