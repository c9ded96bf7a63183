import type { JoseHeader } from '../tokens/unverified-token.ts'
import type { VerificationKey } from './verification-key.ts'

/** The keys of one issuer. Finding a key proves nothing about the token. */
export interface KeySet {
  /**
   * The one key that the header names.
   *
   * @throws TokenError `ERR_S2S_KEY_UNKNOWN`, `ERR_S2S_KEY_UNUSABLE`
   */
  findKey(this: void, header: JoseHeader): VerificationKey
  /** All of them, for the operator. */
  readonly keys: readonly VerificationKey[]
}
