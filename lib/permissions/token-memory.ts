import type { TokenCacheHealth } from '../audit/health.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
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
export type RecogniseToken = (token: string) => Recognised

type Recognised = RememberedToken<Sender> | Promise<RememberedToken<Sender>>

/** The memory of verified tokens. */
export interface TokenMemory {
  readonly recognise: RecogniseToken
  /** How many tokens were recognised so far. */
  readonly hits: () => number
  readonly health: () => TokenCacheHealth
}

/** What the memory asks of its surroundings. */
export interface TokenMemoryParts extends VerifiedTokenCacheParts {
  readonly issuers: Pick<TrustedIssuers, 'has' | 'version'>
}

/**
 * Verifies a token once and remembers who sent it, until that could have changed. Requests that bring the same new token
 * while keys are fetched share one verification; who comes after the trusted issuers changed has no part in an older one.
 *
 * @throws what `verifyToken` throws; refusals are never remembered
 */
export function createTokenMemory(verifyToken: VerifyToken, senders: Senders, parts: TokenMemoryParts): TokenMemory {
  const cache = createVerifiedTokenCache<Sender>({}, parts)
  const flights = createFlights(parts.issuers.version)
  let hits = 0
  let misses = 0

  function remember(name: string, verified: VerifiedToken): RememberedToken<Sender> {
    const sender = senders.of(verified)
    cache.keep(name, verified, sender)
    const { issuedAt, expiresAt } = verified
    return { sender, issuedAt, expiresAt }
  }

  function verify(token: string, name: string): Recognised {
    return whenReady(verifyToken(token), (verified) => remember(name, verified))
  }

  function verifyNew(token: string, name: string): Recognised {
    let flight = flights.find(name)
    if (flight === undefined) {
      const known = verify(token, name)
      if (!(known instanceof Promise)) return known
      flight = flights.start(name, known)
    }
    // The token may have ended, or its issuer may be gone, while keys were on their way: the memory says what holds now.
    return flight.then(() => cache.find(name) ?? verify(token, name))
  }

  function recognise(token: string): Recognised {
    const name = nameOfToken(token)
    const known = cache.find(name)
    if (known === undefined) misses += 1
    else hits += 1
    return known ?? verifyNew(token, name)
  }

  return { recognise, hits: () => hits, health: () => ({ entries: cache.size(), hits, misses }) }
}

/** Verifications that wait for keys, by the names of their tokens. */
interface Flights {
  /** One that started under the trusted issuers of now. */
  find(this: void, name: string): Promise<RememberedToken<Sender>> | undefined
  start(this: void, name: string, verification: Promise<RememberedToken<Sender>>): Promise<RememberedToken<Sender>>
}

function createFlights(version: () => number): Flights {
  const flights = new Map<string, { readonly landed: Promise<RememberedToken<Sender>>; readonly trust: number }>()
  return {
    find: (name) => {
      const flight = flights.size === 0 ? undefined : flights.get(name)
      return flight?.trust === version() ? flight.landed : undefined
    },
    start: (name, verification) => {
      const landed = verification.finally(() => {
        if (flights.get(name) === flight) flights.delete(name)
      })
      const flight = { landed, trust: version() }
      flights.set(name, flight)
      return landed
    },
  }
}
