import { createHash, randomUUID } from 'node:crypto'
import { CompactSign } from 'jose'
import type { Clock } from '../foundation/clock.ts'
import type { ProofKey } from './proof-key.ts'

/** What one proof is for. */
export interface ProofInput {
  /** In upper case. */
  readonly method: string
  /** Query and fragment are left out of the proof. */
  readonly url: URL
  /** The token that is sent along. */
  readonly token: string
  /** What the server gave to be said again. */
  readonly nonce: string | undefined
  readonly clock: Clock
}

/**
 * Makes a proof for one request: it names method, address and token, and no two are alike.
 *
 * Does not choose the address: whoever calls this must be about to send the request there.
 *
 * @see RFC 9449 section 4.2
 */
export function signProof({ algorithm, privateKey, jwk }: ProofKey, input: ProofInput): Promise<string> {
  const { method, url, token, nonce, clock } = input
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(clock()),
    ath: createHash('sha256').update(token).digest('base64url'),
    nonce,
  }
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'dpop+jwt', alg: algorithm, jwk: { ...jwk } })
    .sign(privateKey)
}
