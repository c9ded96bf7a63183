import { whenReady } from '../foundation/when-ready.ts'
import type { VerifyToken } from '../verification/token-verifier.ts'
import {
  createVerifiedTokenCache,
  nameOfToken,
  type RememberedToken,
  type VerifiedTokenCacheParts,
} from '../verification/verified-token-cache.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
import type { Sender, Senders } from './token-senders.ts'

/** Says who sent a token; a promise only when something must be fetched first. */
export type RecogniseToken = (token: string) => RememberedToken<Sender> | Promise<RememberedToken<Sender>>

/**
 * Verifies a token once and remembers who sent it, until that could have changed. Requests that bring the same new token
 * while keys are fetched share one verification.
 *
 * @throws what `verifyToken` throws; refusals are never remembered
 */
export function createTokenMemory(
  verifyToken: VerifyToken,
  senders: Senders,
  parts: VerifiedTokenCacheParts,
): RecogniseToken {
  const cache = createVerifiedTokenCache<Sender>({}, parts)
  const flights = new Map<string, Promise<RememberedToken<Sender>>>()

  function remember(name: string, verified: VerifiedToken): RememberedToken<Sender> {
    const sender = senders.of(verified)
    cache.keep(name, verified, sender)
    const { issuedAt, expiresAt } = verified
    return { sender, issuedAt, expiresAt }
  }

  function verifyNew(token: string, name: string): RememberedToken<Sender> | Promise<RememberedToken<Sender>> {
    const flight = flights.size === 0 ? undefined : flights.get(name)
    if (flight !== undefined) return flight
    const known = whenReady(verifyToken(token), (verified) => remember(name, verified))
    if (known instanceof Promise) {
      const started = known.finally(() => flights.delete(name))
      flights.set(name, started)
      return started
    }
    return known
  }

  return (token) => {
    const name = nameOfToken(token)
    return cache.find(name) ?? verifyNew(token, name)
  }
}
