import { hash } from 'node:crypto'
import type { JsonObject } from '../foundation/parse-json.ts'

/** The members that make a public key, in the order of RFC 7638, by `kty`. */
const publicMembers: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
])
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const
const coordinateLengths: ReadonlyMap<unknown, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
  ['Ed25519', 32],
])

/**
 * The thumbprint of a public JWK (SHA-256, base64url); `undefined` for what is no public RSA, EC or Ed25519 key, or a key that is
 * not written in the one way it should be: canonical base64url, coordinates of their full length, numbers without leading
 * zeros. So every key has one thumbprint.
 *
 * Does not check that the key is sound (see `parseJwk`), nor whose it is.
 *
 * @see RFC 7638, RFC 8037 section 2
 */
export function jwkThumbprint(jwk: JsonObject): string | undefined {
  const names = publicMembers.get(jwk['kty'])
  if (names === undefined || privateMembers.some((name) => Object.hasOwn(jwk, name))) return undefined
  if (!names.every((name) => Object.hasOwn(jwk, name) && isCanonical(name, jwk))) return undefined
  return hash('sha256', JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]]))), 'base64url')
}

function isCanonical(name: string, jwk: JsonObject): boolean {
  const value = jwk[name]
  if (typeof value !== 'string') return false
  if (name === 'kty') return true
  if (name === 'crv') return coordinateLengths.has(value)
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== value) return false
  return jwk['kty'] === 'RSA' ? bytes[0] !== 0 : bytes.length === coordinateLengths.get(jwk['crv'])
}
