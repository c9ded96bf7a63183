import { readConfirmation } from '../tokens/confirmation.ts'
import { verifyConstraint } from '../verification/verify-oauth-token.ts'
import type { TokenSubject } from './token-subject.ts'

/** Whether a token is good and bound, and only the proof is missing that every request with it needs: the doctor has none. */
export function lacksProof({ error, signed, issuer }: Pick<TokenSubject, 'error' | 'signed' | 'issuer'>): boolean {
  if (error?.code !== 'ERR_S2S_TOKEN_BOUND' || signed === undefined || issuer?.protocol !== 'oauth') return false
  try {
    const confirmation = readConfirmation(signed.claims)
    verifyConstraint(confirmation, issuer)
    return confirmation !== undefined
  } catch {
    return false
  }
}
