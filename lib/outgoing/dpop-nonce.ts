import { findChallenges } from '../tokens/find-challenges.ts'

/** What a nonce may be made of (RFC 9449 section 8.1), and how long: it comes back in a header of every request. */
const usableNonce = /^[!#-[\]-~]{1,1024}$/

/** The nonce an answer brings for the next proofs; one that is not of the grammar, or longer than 1024 characters, is none. */
export function readNonce(headers: Headers): string | undefined {
  const nonce = headers.get('dpop-nonce')
  return nonce !== null && usableNonce.test(nonce) ? nonce : undefined
}

/**
 * Whether a server wants the same request again, with its nonce in the proof.
 *
 * @see RFC 9449 section 9
 */
export function asksForNonce({ status, headers }: Pick<Response, 'status' | 'headers'>): boolean {
  if (status !== 401) return false
  const challenges = findChallenges(headers.get('www-authenticate') ?? '', 'dpop')
  return challenges.some((parameters) => parameters.get('error') === 'use_dpop_nonce')
}
