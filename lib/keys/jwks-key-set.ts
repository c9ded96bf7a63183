import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { TokenError, UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import type { KeySet } from './key-set.ts'
import { algorithmsOfKey, type VerificationKey } from './verification-key.ts'

/** Most keys one set may have; a larger set is not used at all. */
export const maximumKeys: number = 256

/** A usable public key of a JWKS. */
export interface JwksKey extends VerificationKey {
  readonly kid: string | undefined
}

/** The usable keys of a set, and how many were passed over. */
export interface ParsedJwks {
  readonly keys: readonly JwksKey[]
  readonly ignored: number
}

/**
 * Reads a JWK set. A key that cannot be used (symmetric, weak, for encryption, of an unknown kind, broken) never hides the
 * good ones. `x5c`, `x5u` and certificate dates in it are never looked at.
 *
 * @throws UnavailableError `ERR_S2S_METADATA_INVALID` when there is no usable key, or more than 256 keys
 * @see RFC 7517
 */
export function parseJwks(document: JsonObject): ParsedJwks {
  const list = document['keys']
  if (!Array.isArray(list)) throw new UnavailableError('ERR_S2S_METADATA_INVALID', 'the key set has no list "keys"')
  if (list.length > maximumKeys) {
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', `the key set has more than ${maximumKeys} keys`)
  }
  const keys = list.flatMap((jwk) => parseJwk(jwk) ?? [])
  if (keys.length === 0) throw new UnavailableError('ERR_S2S_METADATA_INVALID', 'the key set has no usable key')
  return { keys, ignored: list.length - keys.length }
}

function parseJwk(value: unknown): JwksKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const jwk = value as Record<string, unknown>
  const { kid, alg } = jwk
  if (!isForSignatures(jwk) || !isOptionalText(kid) || !isOptionalText(alg)) return undefined
  try {
    const key = createPublicKey({ key: publicMembers(jwk), format: 'jwk' })
    const fitting = algorithmsOfKey(key).filter((algorithm) => fits(algorithm, alg))
    return fitting.length === 0 ? undefined : { id: kid ?? 'key', kid, key, algorithms: new Set(fitting) }
  } catch {
    // Ignored by design: one unusable key never hides the good ones; parseJwks counts it.
    return undefined
  }
}

function isForSignatures(jwk: Record<string, unknown>): boolean {
  const { use, key_ops: operations } = jwk
  const maySign = use === undefined || use === 'sig'
  return maySign && (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

/** Only the public members, so that a private key given by mistake never becomes a private KeyObject. */
function publicMembers({ kty, n, e, crv, x, y }: Record<string, unknown>): JsonWebKey {
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') throw new Error('not a public key')
  return { kty, n, e, crv, x, y } as JsonWebKey
}

/** `EdDSA` and `Ed25519` are two names of one algorithm for an Ed25519 key (RFC 9864). */
function fits(algorithm: string, declared: string | undefined): boolean {
  if (declared === undefined || declared === algorithm) return true
  return algorithm.startsWith('Ed') && declared.startsWith('Ed')
}

/**
 * A key set chosen from by `kid`. Without `kid` the header must leave exactly one fitting key. Keys that have no `kid`
 * themselves stand in when no key bears the header's `kid` (an issuer configured by PEM or certificate).
 */
export function createJwksKeySet(keys: readonly JwksKey[]): KeySet {
  const byId = new Map<string | undefined, JwksKey[]>()
  for (const key of keys) byId.set(key.kid, [...(byId.get(key.kid) ?? []), key])

  return {
    findKey({ kid, alg }: JoseHeader): VerificationKey {
      const named = kid === undefined ? keys : (byId.get(kid) ?? byId.get(undefined) ?? [])
      const fitting = named.filter((key) => key.algorithms.has(alg))
      if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0]
      if (kid !== undefined && named.length > 0 && fitting.length === 0) {
        throw new TokenError('ERR_S2S_KEY_UNUSABLE', 'the key does not fit the algorithm of the token')
      }
      throw new TokenError('ERR_S2S_KEY_UNKNOWN', 'the header does not name exactly one key of the issuer')
    },
  }
}
