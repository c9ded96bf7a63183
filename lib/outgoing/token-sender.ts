import type { Clock } from '../foundation/clock.ts'
import { asksForNonce, readNonce } from './dpop-nonce.ts'
import { signProof } from './dpop-proof.ts'
import { exchange, type ExchangeOptions, type ExchangeRequest } from './https-exchange.ts'
import type { ProofKeySource } from './proof-key.ts'

/** How the requests of one client bring their token. */
export interface TokenSender {
  /**
   * Sends one request to an address of the target, with the token.
   *
   * @throws what `exchange` throws
   */
  send(this: void, token: string, url: URL, request: ExchangeRequest): Promise<Response>
  /** Whether an answer refuses the proof for its nonce: then another token would change nothing. */
  isAboutNonce(this: void, answer: Response): boolean
}

/** Whoever has the token can use it (RFC 6750 section 2.1). */
export function createBearerSender(options: ExchangeOptions): TokenSender {
  return {
    send: (token, url, request) => {
      request.headers.set('authorization', `Bearer ${token}`)
      return exchange(url, request, options)
    },
    isAboutNonce: () => false,
  }
}

/**
 * Sends tokens that are bound to a key, each with a fresh proof for this one request. When the target wants its nonce in
 * the proof, the request is sent once more with it; the nonce of any answer is in the proofs that follow.
 *
 * One nonce is kept: the client that uses this calls one origin only, and must see to that. A request that has to be
 * repeated brings the nonce of its own answer, not the last one of all: a target may take each but once.
 *
 * @see RFC 9449 sections 7, 8.2 and 9
 */
export function createProofSender(key: ProofKeySource, clock: Clock, options: ExchangeOptions): TokenSender {
  let lastNonce: string | undefined

  async function sendWith(nonce: string | undefined, token: string, { url, request }: Sending): Promise<Response> {
    const { method } = request
    const headers = new Headers(request.headers)
    headers.set('authorization', `DPoP ${token}`)
    headers.set('dpop', await signProof(await key(), { method, url, token, nonce, clock }))
    const answer = await exchange(url, { ...request, headers }, options)
    lastNonce = readNonce(answer.headers) ?? lastNonce
    return answer
  }

  return {
    send: async (token, url, request) => {
      const sending = { url, request }
      const answer = await sendWith(lastNonce, token, sending)
      const nonce = asksForNonce(answer) ? readNonce(answer.headers) : undefined
      return nonce === undefined ? answer : sendWith(nonce, token, sending)
    },
    isAboutNonce: asksForNonce,
  }
}

interface Sending {
  readonly url: URL
  readonly request: ExchangeRequest
}
