import { hash } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { Confirmation } from '../tokens/confirmation.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import type { VerifiedToken } from './verified-token.ts'

/** How much is remembered. */
export interface VerifiedTokenCacheOptions {
  /** How many tokens. Default 20000; 0 remembers nothing. */
  readonly maximumEntries?: number
}

/** A token to be kept. */
export interface KeptToken<Sender extends TokenSender> {
  readonly verified: VerifiedToken
  readonly sender: Sender
  /** See `hashOfSignedText`; only where tokens are forgotten one by one. */
  readonly tokenHash?: string | undefined
}

/** Whoever sent a token; shared by all tokens that say the same of their sender. */
export interface TokenSender {
  readonly issuer: TrustedIssuer
}

/** What is remembered of one token. */
export interface RememberedToken<Sender extends TokenSender> {
  readonly sender: Sender
  /** To what the token is bound: possession of it is proved by every request, never remembered. */
  readonly confirmation: Confirmation | undefined
  /** Seconds since 1970. */
  readonly issuedAt: number | undefined
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** Remembers what was proved of a token until it could have changed. */
export interface VerifiedTokenCache<Sender extends TokenSender> {
  /**
   * What was kept for the token of this name, when all that was proved still holds: it has not ended, its key is one of the
   * keys its issuer has now, and the issuer is trusted. `undefined` says nothing: the token must be verified.
   */
  find(this: void, name: string): RememberedToken<Sender> | undefined
  /** Keeps who sent a token that was verified in full; never a refusal. */
  keep(this: void, name: string, token: KeptToken<Sender>): void
  /** Forgets every spelling and wrapping of a signed token whose hash was kept; without a hash: everything. */
  forget(this: void, tokenHash?: string): void
  /** Forgets everything, and keeps nothing any more. */
  close(this: void): void
  /** How many are kept. */
  size(this: void): number
}

/** One flat object: with tens of thousands of tokens every further object counts. */
interface Entry<Sender extends TokenSender> extends RememberedToken<Sender> {
  /** Whole seconds since 1970, rounded to the narrower side. */
  readonly usableFrom: number
  readonly usableUntil: number
  readonly keySet: KeySet
  readonly tokenHash: string | undefined
}

/** What the cache asks of its surroundings. */
export interface VerifiedTokenCacheParts {
  readonly clock: Clock
  readonly issuers: Pick<TrustedIssuers, 'has'>
}

/**
 * Creates a cache by the names of tokens (see `nameOfToken`). No token text is kept.
 *
 * Bounded: tokens live in two generations of half the size; what is used in the older one moves to the younger, and when
 * the younger is full the older is dropped. Only tokens that were verified come in, so a flood of forged ones drops nobody.
 *
 * Does not hold what a sender may do here (grants, users' rights, profiles): whoever keeps a sender judges that anew.
 */
export function createVerifiedTokenCache<Sender extends TokenSender>(
  { maximumEntries = 20_000 }: VerifiedTokenCacheOptions,
  parts: VerifiedTokenCacheParts,
): VerifiedTokenCache<Sender> {
  let capacity = maximumEntries
  const generations = createGenerations<Entry<Sender>>(maximumEntries)
  return {
    find: (name) => {
      const entry = generations.get(name)
      if (entry === undefined || holds(entry, parts)) return entry
      generations.delete(name)
      return undefined
    },
    keep: (name, token) => {
      if (capacity > 0) generations.set(name, createEntry(token))
    },
    forget: (tokenHash) => {
      generations.forget((entry) => tokenHash === undefined || entry.tokenHash === tokenHash)
    },
    close: () => {
      capacity = 0
      generations.forget(() => true)
    },
    size: generations.size,
  }
}

/** A map that drops the older half when it is full. */
interface Generations<Value> {
  get(this: void, name: string): Value | undefined
  set(this: void, name: string, value: Value): void
  delete(this: void, name: string): void
  forget(this: void, isMeant: (value: Value) => boolean): void
  size(this: void): number
}

function createGenerations<Value>(maximumEntries: number): Generations<Value> {
  const half = Math.ceil(maximumEntries / 2)
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(name: string, value: Value): void {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    young.set(name, value)
  }

  return {
    get: (name) => {
      const value = young.get(name)
      if (value !== undefined) return value
      const older = old.get(name)
      if (older === undefined) return undefined
      old.delete(name)
      set(name, older)
      return older
    },
    set,
    /** What was got last is in the younger half. */
    delete: (name) => {
      young.delete(name)
    },
    forget: (isMeant) => {
      for (const map of [young, old]) {
        for (const [name, value] of map) if (isMeant(value)) map.delete(name)
      }
    },
    size: () => young.size + old.size,
  }
}

/**
 * The SHA-256 of the WHOLE token, outer part and signature included: a token that differs in one character is another. Of
 * its UTF-8, which keeps all texts apart that a header can hold; `latin1` would not.
 */
export function nameOfToken(token: string): string {
  return hash('sha256', token, 'base64')
}

function holds<Sender extends TokenSender>(entry: Entry<Sender>, { clock, issuers }: VerifiedTokenCacheParts): boolean {
  const now = clock()
  const { usableFrom, usableUntil, keySet, sender } = entry
  if (now < usableFrom || now >= usableUntil) return false
  const current = sender.issuer.keys.current()
  // The keys are on their way: the token is verified anew, and that is where a failure is told.
  if (current instanceof Promise) current.catch(() => undefined)
  return current === keySet && issuers.has(sender.issuer)
}

function createEntry<Sender extends TokenSender>({ verified, sender, tokenHash }: KeptToken<Sender>): Entry<Sender> {
  const { issuer, confirmation, issuedAt, startsAt, expiresAt, found } = verified
  const { keySet, key } = found
  const tolerance = issuer.clockToleranceSeconds
  // Without any date of its beginning a token must not have longer to live than the issuer's tokens may.
  const earliest = issuedAt === undefined ? expiresAt - issuer.maximumLifetimeSeconds : startsAt - tolerance
  return {
    usableFrom: Math.ceil(Math.max(earliest, key.usableFrom ?? 0)),
    usableUntil: Math.floor(Math.min(expiresAt + tolerance, key.usableUntil ?? Infinity)),
    issuedAt,
    expiresAt,
    keySet,
    sender,
    confirmation,
    tokenHash,
  }
}
