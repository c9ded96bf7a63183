import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { TokenError, UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import type { KeySet } from './key-set.ts'
import { algorithmsOfKey, edwardsAlgorithms, type VerificationKey } from './verification-key.ts'

/** Most keys one set may have; a larger set is not used at all. */
export const maximumKeys: number = 256

/** A usable public key of a JWKS. */
export interface JwksKey extends VerificationKey {
  readonly kid: string | undefined
  /** Whose tokens the key may verify, where its JWK says so (Entra's member `issuer`); see `keysOfTenant`. */
  readonly issuer: string | undefined
  /** The Microsoft cloud whose key it is, where its JWK says so (`cloud_instance_name`); see `createOpenIdKeys`. */
  readonly cloudInstanceName: string | undefined
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

/**
 * Reads one JWK; `undefined` for a key that cannot be used (symmetric, private, weak, for encryption, of an unknown kind, broken).
 *
 * Does not check who owns the key.
 */
export function parseJwk(value: unknown): JwksKey | undefined {
  const jwk = Object(value) as Record<string, unknown>
  const texts = readTexts(jwk)
  if (texts === undefined || !isForSignatures(jwk)) return undefined
  const imported = importPublicKey(jwk)
  if (imported === undefined) return undefined
  const { alg, ...named } = texts
  const algorithms = new Set(imported.algorithms.filter((algorithm) => fits(algorithm, alg)))
  return algorithms.size === 0 ? undefined : { ...named, id: named.kid ?? 'key', key: imported.key, algorithms }
}

type KeyTexts = Pick<JwksKey, 'kid' | 'issuer' | 'cloudInstanceName'> & { readonly alg: string | undefined }

/** `undefined` when a member that narrows what the key is for is no text: it is not ignored, the key is. */
function readTexts({ kid, alg, issuer, cloud_instance_name: cloud }: Record<string, unknown>): KeyTexts | undefined {
  return isOptionalText(kid) && isOptionalText(alg) && isOptionalText(issuer) && isOptionalText(cloud)
    ? { kid, alg, issuer, cloudInstanceName: cloud }
    : undefined
}

interface ImportedKey {
  readonly key: KeyObject
  readonly algorithms: readonly string[]
}

/** `undefined` by design for what cannot be imported: one unusable key never hides the good ones; parseJwks counts it. */
function importPublicKey(jwk: Record<string, unknown>): ImportedKey | undefined {
  try {
    const key = createPublicKey({ key: publicMembers(jwk), format: 'jwk' })
    return { key, algorithms: algorithmsOfKey(key) }
  } catch {
    return undefined
  }
}

/** Whether a JWK says nothing else than that it verifies signatures (`use`, `key_ops`). */
export function isForSignatures(jwk: Record<string, unknown>): boolean {
  const { use, key_ops: operations } = jwk
  const maySign = use === undefined || use === 'sig'
  return maySign && (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

/** Only the members that make the public key. A key whose private half (`d`) is published proves nothing any more. */
function publicMembers({ kty, n, e, crv, x, y, d }: Record<string, unknown>): JsonWebKey {
  if ((kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') || d !== undefined) throw new Error('not a public key')
  return { kty, n, e, crv, x, y } as JsonWebKey
}

/** Whether a JWK says nothing else (`alg`) than that it is for this algorithm. */
export function isForAlgorithm({ alg }: Record<string, unknown>, algorithm: string): boolean {
  return isOptionalText(alg) && fits(algorithm, alg)
}

function fits(algorithm: string, declared: string | undefined): boolean {
  if (declared === undefined || declared === algorithm) return true
  return edwardsAlgorithms.includes(algorithm) && edwardsAlgorithms.includes(declared)
}

/**
 * A key set chosen from by `kid`. Without `kid` in the header, or in a set whose keys have none (an issuer configured by PEM
 * or certificate), exactly one key must fit the algorithm.
 *
 * Does not check key dates, nor the algorithms that are allowed for the issuer (see `VerifiedSignature.prove`).
 */
export function createJwksKeySet(keys: readonly JwksKey[]): KeySet {
  const byId = new Map<string, JwksKey[]>()
  for (const key of keys) {
    if (key.kid !== undefined) byId.set(key.kid, [...(byId.get(key.kid) ?? []), key])
  }
  const unnamed = byId.size === 0 ? keys : []

  return {
    keys,
    findKey({ kid, alg }: JoseHeader): VerificationKey {
      const named = kid === undefined ? undefined : byId.get(kid)
      const candidates = named ?? (kid === undefined ? keys : unnamed)
      const [key, ...others] = candidates.filter(({ algorithms }) => algorithms.has(alg))
      if (key !== undefined && others.length === 0) return key
      if (key === undefined && named !== undefined) {
        throw new TokenError('ERR_S2S_KEY_UNUSABLE', 'the key does not fit the algorithm of the token')
      }
      throw new TokenError('ERR_S2S_KEY_UNKNOWN', 'the header does not name exactly one key of the issuer')
    },
  }
}
