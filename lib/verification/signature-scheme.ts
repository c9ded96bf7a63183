import { constants, verify as verifyBytes, type VerifyKeyObjectInput } from 'node:crypto'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { UnverifiedJwt } from '../tokens/unverified-token.ts'

/** How signatures of one algorithm are verified. */
export interface SignatureScheme {
  readonly hash: string | undefined
  /** `undefined`: as `node:crypto` does for the kind of key; asking for the same costs half a signature more (Node 24). */
  readonly options: Omit<VerifyKeyObjectInput, 'key'> | undefined
  /** Exact length of the signature in bytes; RSA's is that of the modulus. */
  readonly length?: number
}

const pss = (hash: string, saltLength: number): SignatureScheme => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
})
/** PKCS #1 v1.5 is what RSA keys verify by; keys for PSS only (`rsa-pss`) are not usable here (see `algorithmsOfKey`). */
const pkcs1 = (hash: string): SignatureScheme => ({ hash, options: undefined })
const ecdsa = (hash: string, length: number): SignatureScheme => ({
  hash,
  options: { dsaEncoding: 'ieee-p1363' },
  length,
})
const edwards: SignatureScheme = { hash: undefined, options: undefined, length: 64 }

/** @see RFC 7518 section 3, RFC 8037, RFC 9864 */
const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  ['RS256', pkcs1('sha256')],
  ['RS384', pkcs1('sha384')],
  ['RS512', pkcs1('sha512')],
  ['PS256', pss('sha256', 32)],
  ['PS384', pss('sha384', 48)],
  ['PS512', pss('sha512', 64)],
  ['ES256', ecdsa('sha256', 64)],
  ['ES384', ecdsa('sha384', 96)],
  ['ES512', ecdsa('sha512', 132)],
  ['EdDSA', edwards],
  ['Ed25519', edwards],
])

/** How an algorithm is verified; `undefined` when it is not known, or the key is not for it. */
export function schemeOf(algorithm: string, key: Pick<VerificationKey, 'algorithms'>): SignatureScheme | undefined {
  return key.algorithms.has(algorithm) ? schemes.get(algorithm) : undefined
}

/**
 * Whether the signature of a JWT was made with a key. Does not check that the algorithm and the key are allowed: whoever calls must
 * have chosen the scheme by both.
 *
 * @see RFC 7515 section 5.2
 */
export function isSignedBy(
  token: Pick<UnverifiedJwt<unknown>, 'signature' | 'signingInput'>,
  key: VerificationKey,
  scheme: SignatureScheme,
): boolean {
  const { signature, signingInput } = token
  if (signature.length === 0 || signature.length !== (scheme.length ?? modulusLength(key))) return false
  const keyInput = scheme.options === undefined ? key.key : { key: key.key, ...scheme.options }
  return verifyBytes(scheme.hash, Buffer.from(signingInput, 'latin1'), keyInput, signature)
}

/**
 * In bytes. OpenSSL takes a PSS signature without its leading zeros, so that one token would have several spellings.
 *
 * @see RFC 8017 section 8.1.2, step 1
 */
function modulusLength({ key }: VerificationKey): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
}
