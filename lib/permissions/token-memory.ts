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

  function remember(token: string, name: string, verified: VerifiedToken): RememberedToken<Sender> {
    const sender = senders.of(verified)
    checkSuspensions(suspensions, readTokenFacts(token, verified.proof.claims, sender), sender)
    cache.keep(name, { verified, sender, tokenHash: keepsHashes ? tokenHashOf(token) : undefined })
    return { sender, issuedAt: verified.issuedAt, expiresAt: verified.expiresAt }
  }

  const verify = (token: string, name: string): Recognised =>
    whenReady(verifyToken(token), (verified) => remember(token, name, verified))

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

  return {
    recognise: (token) => {
      const name = nameOfToken(token)
      return cache.find(name) ?? verifyNew(token, name)
    },
    close: () => {
      stop()
      cache.close()
    },
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
