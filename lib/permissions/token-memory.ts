import type { TokenCacheHealth } from '../audit/health.ts'
import { PermissionError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { tokenHashOf } from '../verification/token-ids.ts'
import type { VerifyToken } from '../verification/token-verifier.ts'
import {
  answerOf,
  createVerifiedTokenCache,
  nameOfToken,
  type RememberedToken,
  type VerifiedTokenCache,
  type VerifiedTokenCacheParts,
} from '../verification/verified-token-cache.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
import { tokenUseOf, type TokenUse } from './single-use.ts'
import { readTokenFacts } from './token-facts.ts'
import type { Sender, Senders } from './token-senders.ts'

/** Says who sent a token; a promise only when something must be fetched first. */
export type RecogniseToken = (token: string) => Recognised

/** A token that was recognised. */
export interface RecognisedToken extends RememberedToken<Sender> {
  /** The one use it may have: such a token is not remembered, and verified each time that it comes. */
  readonly use?: TokenUse | undefined
}

type Recognised = RecognisedToken | Promise<RecognisedToken>

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
 * `recognise` throws what `verifyToken` throws, and `ERR_S2S_TOKEN_SUSPENDED`, `ERR_S2S_TOKEN_EXPOSED`,
 * `ERR_S2S_APPLICATION_NOT_ALLOWED`; refusals are never remembered
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

/** Keeps who sent a token, unless that is suspended, or an application that is not let in. */
function createRemember(
  cache: Pick<VerifiedTokenCache<Sender>, 'keep'>,
  senders: Senders,
  { suspensions, keepsHashes }: TokenMemoryParts,
): (token: string, name: string, verified: VerifiedToken) => RecognisedToken {
  return function remember(token, name, verified) {
    const sender = senders.of(verified)
    const answer = answerOf(verified)
    judgeSender(sender, () => {
      verifyApplicationPolicy(sender)
      suspensions.check(readTokenFacts({ text: token, claims: verified.proof.claims, answer }, sender))
    })
    const { confirmation, issuedAt, expiresAt } = verified
    const use = tokenUseOf(token, verified)
    if (use !== undefined) return { sender, confirmation, issuedAt, expiresAt, answer, use }
    cache.keep(name, { verified, sender, tokenHash: keepsHashes ? tokenHashOf(token) : undefined })
    return { sender, confirmation, issuedAt, expiresAt, answer }
  }
}

/**
 * Our own policy: is this one of the applications of its issuer that are let in at all?
 *
 * Does not check what it may do (see `decide`).
 *
 * @throws PermissionError `ERR_S2S_APPLICATION_NOT_ALLOWED`
 */
function verifyApplicationPolicy({ issuer, caller }: Sender): void {
  const refusal = issuer.refusalOfApplication?.(caller.application)
  if (refusal === undefined) return
  throw new PermissionError('ERR_S2S_APPLICATION_NOT_ALLOWED', `an application of ${issuer.name}: ${refusal}`)
}

/** A refusal of somebody whose token was verified names that somebody in its audit event. */
function judgeSender(sender: Sender, judge: () => void): void {
  try {
    judge()
  } catch (error) {
    refusedSenders.set(error as object, sender)
    throw error
  }
}

const refusedSenders = new WeakMap<object, Sender>()

/** Who sent a token that was verified and then refused: it is suspended, or of an application that is not let in. */
export function refusedSenderOf(error: unknown): Sender | undefined {
  return typeof error === 'object' && error !== null ? refusedSenders.get(error) : undefined
}

/** Verifications that wait for keys, by the names of their tokens. */
interface Flights {
  /** Joins one that started under the trusted issuers of now, or else starts one. */
  join(this: void, name: string, verify: () => Recognised): Recognised
}

function createFlights(version: () => number): Flights {
  const flights = new Map<string, { readonly landed: Promise<RecognisedToken>; readonly trust: number }>()

  function start(name: string, verification: Promise<RecognisedToken>): Promise<RecognisedToken> {
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
