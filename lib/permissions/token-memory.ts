import type { TokenCacheHealth } from '../audit/health.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { TokenFacts } from '../suspension/match-suspension.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { tokenHashOf } from '../verification/token-ids.ts'
import type { VerifyToken } from '../verification/token-verifier.ts'
import {
  createVerifiedTokenCache,
  nameOfToken,
  type RememberedToken,
  type VerifiedTokenCache,
  type VerifiedTokenCacheParts,
} from '../verification/verified-token-cache.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
import { readTokenFacts } from './token-facts.ts'
import type { Sender, Senders } from './token-senders.ts'

/** Says who sent a token; a promise only when something must be fetched first. */
export type RecogniseToken = (token: string) => Recognised

type Recognised = RememberedToken<Sender> | Promise<RememberedToken<Sender>>

/** What is remembered of the tokens of one configuration. */
export interface TokenMemory {
  readonly recognise: RecogniseToken
  /** How many tokens were recognised so far. */
  readonly hits: () => number
  readonly health: () => TokenCacheHealth
  /** Forgets everything: requests that are still under way are verified anew, one by one. */
  close(this: void): void
}

/** What the memory asks of its surroundings. */
export interface TokenMemoryParts extends VerifiedTokenCacheParts {
  readonly issuers: Pick<TrustedIssuers, 'has' | 'version'>
  readonly suspensions: Pick<Suspensions, 'check' | 'onAdded'>
  /** Whether single tokens may be burnt: then a burnt one is forgotten, and everything else remembered. */
  readonly keepsHashes: boolean
}

/**
 * Verifies a token once and remembers who sent it, until that could have changed. Requests that bring the same new token
 * while keys are fetched share one verification; who comes after the trusted issuers changed has no part in an older one.
 *
 * A token that is suspended is never remembered, and a suspension forgets what it may concern: what is remembered need not be
 * held against suspensions. They are asked when a verification ends, not when it begins.
 *
 * `recognise` throws what `verifyToken` throws, and `ERR_S2S_TOKEN_SUSPENDED`, `ERR_S2S_TOKEN_EXPOSED`; refusals are never remembered
 */
export function createTokenMemory(verifyToken: VerifyToken, senders: Senders, parts: TokenMemoryParts): TokenMemory {
  const cache = createVerifiedTokenCache<Sender>({}, parts)
  const flights = createFlights(parts.issuers.version)
  const { suspensions, keepsHashes } = parts
  const stop = suspensions.onAdded(({ exposed, tokenId }) => {
    cache.forget(exposed === true && keepsHashes ? tokenId : undefined)
  })
  const remember = createRemember(cache, senders, parts)
  let hits = 0
  let misses = 0

  const verify = (token: string, name: string): Recognised =>
    whenReady(verifyToken(token), (verified) => remember(token, name, verified))

  function verifyNew(token: string, name: string): Recognised {
    const verified = flights.join(name, () => verify(token, name))
    // The token may have ended, or its issuer may be gone, while keys were on their way: the memory says what holds now.
    return verified instanceof Promise ? verified.then(() => cache.find(name) ?? verify(token, name)) : verified
  }

  function recognise(token: string): Recognised {
    const name = nameOfToken(token)
    const known = cache.find(name)
    if (known === undefined) misses += 1
    else hits += 1
    return known ?? verifyNew(token, name)
  }

  return {
    recognise,
    hits: () => hits,
    health: () => ({ entries: cache.size(), hits, misses }),
    close: () => {
      stop()
      cache.close()
    },
  }
}

/** Keeps who sent a token, unless that is suspended. */
function createRemember(
  cache: Pick<VerifiedTokenCache<Sender>, 'keep'>,
  senders: Senders,
  { suspensions, keepsHashes }: TokenMemoryParts,
): (token: string, name: string, verified: VerifiedToken) => RememberedToken<Sender> {
  return function remember(token, name, verified) {
    const sender = senders.of(verified)
    checkSuspensions(suspensions, readTokenFacts(token, verified.proof.claims, sender), sender)
    cache.keep(name, { verified, sender, tokenHash: keepsHashes ? tokenHashOf(token) : undefined })
    const { confirmation, issuedAt, expiresAt } = verified
    return { sender, confirmation, issuedAt, expiresAt }
  }
}

function checkSuspensions({ check }: Pick<Suspensions, 'check'>, facts: TokenFacts, sender: Sender): void {
  try {
    check(facts)
  } catch (error) {
    refusedSenders.set(error as object, sender)
    throw error
  }
}

const refusedSenders = new WeakMap<object, Sender>()

/** Who sent a token that was verified and then refused because it is suspended. */
export function refusedSenderOf(error: unknown): Sender | undefined {
  return typeof error === 'object' && error !== null ? refusedSenders.get(error) : undefined
}

/** Verifications that wait for keys, by the names of their tokens. */
interface Flights {
  /** Joins one that started under the trusted issuers of now, or else starts one. */
  join(this: void, name: string, verify: () => Recognised): Recognised
}

function createFlights(version: () => number): Flights {
  const flights = new Map<string, { readonly landed: Promise<RememberedToken<Sender>>; readonly trust: number }>()

  function start(name: string, verification: Promise<RememberedToken<Sender>>): Promise<RememberedToken<Sender>> {
    const landed = verification.finally(() => {
      if (flights.get(name) === flight) flights.delete(name)
    })
    const flight = { landed, trust: version() }
    flights.set(name, flight)
    return landed
  }

  return {
    join: (name, verify) => {
      const flight = flights.size === 0 ? undefined : flights.get(name)
      if (flight?.trust === version()) return flight.landed
      const verified = verify()
      return verified instanceof Promise ? start(name, verified) : verified
    },
  }
}
