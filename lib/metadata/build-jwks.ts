import type { JsonObject } from '../foundation/parse-json.ts'
import type { SigningKey } from '../keys/signing-key.ts'

/**
 * Builds our JWK set: the public half of each key with `kid`, `x5t`, `x5t#S256`, `x5c`, `use` and `alg`.
 *
 * @see RFC 7517 section 4
 */
export function buildJwks(keys: readonly SigningKey[]): JsonObject {
  return { keys: keys.map(buildJwk) }
}

/** The members are picked from the PUBLIC key object, which has no private ones. */
function buildJwk({ publicKey, kid, algorithm, x5t, x5tS256, derBase64 }: SigningKey): JsonObject {
  return {
    ...publicKey.export({ format: 'jwk' }),
    use: 'sig',
    alg: algorithm,
    kid,
    x5t,
    'x5t#S256': x5tS256,
    x5c: [derBase64],
  }
}
