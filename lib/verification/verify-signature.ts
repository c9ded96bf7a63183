import { constants, verify as verifyBytes, type VerifyKeyObjectInput } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'

interface SignatureScheme {
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

/**
 * The proof that a token's signature was verified with a key of its issuer. The constructor is private: only
 * `VerifiedSignature.prove` makes one, and without one there is no principal (CVE-2023-29357, CVE-2026-55040).
 *
 * Proves the signature only; issuer look-up, algorithm allow-list and claims are judged by the token verifier.
 */
export class VerifiedSignature {
  readonly claims: JsonObject
  readonly issuer: TrustedIssuer

  private constructor(claims: JsonObject, issuer: TrustedIssuer) {
    this.claims = claims
    this.issuer = issuer
  }

  /**
   * Verifies the signature of `token` with a key that was looked up inside `issuer`.
   *
   * @throws TokenError `ERR_S2S_ALGORITHM_NOT_ALLOWED`, `ERR_S2S_KEY_UNUSABLE` (dates), `ERR_S2S_SIGNATURE_INVALID`
   * @see RFC 7515 section 5.2
   */
  static prove(token: UnverifiedToken, { issuer, key, clock }: ProofInput): VerifiedSignature {
    const { alg } = token.header
    const scheme = schemes.get(alg)
    if (scheme === undefined || !issuer.algorithms.has(alg) || !key.algorithms.has(alg)) {
      throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the algorithm is not allowed for this issuer and key')
    }
    checkKeyDates(key, clock(), issuer.clockToleranceSeconds)
    if (!isSignedBy(token, key, scheme))
      throw new TokenError('ERR_S2S_SIGNATURE_INVALID', 'the signature does not verify')
    return new VerifiedSignature(token.claims, issuer)
  }
}

/** With what a signature is proved. */
export interface ProofInput {
  readonly issuer: TrustedIssuer
  readonly key: VerificationKey
  readonly clock: Clock
}

function isSignedBy(token: UnverifiedToken, key: VerificationKey, scheme: SignatureScheme): boolean {
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

function checkKeyDates(key: VerificationKey, now: number, tolerance: number): void {
  const tooEarly = key.usableFrom !== undefined && now + tolerance < key.usableFrom
  const tooLate = key.usableUntil !== undefined && now - tolerance > key.usableUntil
  if (tooEarly || tooLate) throw new TokenError('ERR_S2S_KEY_UNUSABLE', 'the certificate is outside its validity dates')
}
