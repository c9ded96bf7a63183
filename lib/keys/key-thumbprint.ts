import { createHash, type KeyObject } from 'node:crypto'

/**
 * base64url of the SHA-256 of a public key (its SPKI DER): the same for every certificate, JWK and PEM that carries the key.
 */
export function keyThumbprint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}
