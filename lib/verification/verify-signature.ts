import type { Clock } from '../foundation/clock.ts'
import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import { isSignedBy, schemeOf } from './signature-scheme.ts'

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
    const scheme = schemeOf(alg, key)
    if (scheme === undefined || !issuer.algorithms.has(alg)) {
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

function checkKeyDates(key: VerificationKey, now: number, tolerance: number): void {
  const tooEarly = key.usableFrom !== undefined && now + tolerance < key.usableFrom
  const tooLate = key.usableUntil !== undefined && now - tolerance > key.usableUntil
  if (tooEarly || tooLate) throw new TokenError('ERR_S2S_KEY_UNUSABLE', 'the certificate is outside its validity dates')
}
