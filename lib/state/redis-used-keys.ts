import { hash } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { inOneStep, wholeNumber, type AskRedis, type RedisClient, type RedisTransaction } from './redis-client.ts'

/** What used keys are made with. */
export interface RedisUsedKeysParts {
  readonly ask: AskRedis
  /** Goes before every key. */
  readonly prefix: string
  readonly clock: Clock
}

/** The clocks of a fleet differ: a key is kept for a minute longer than whoever used it believes to be needed. */
const marginMilliseconds = 60_000

/**
 * The used keys of a fleet: each is a key of Redis that ends by itself, named by its hash. One hash beside them counts all
 * uses, and says since when none was forgotten: when it is missing, or a count is smaller than one that was seen before, Redis
 * was wiped or went back to an older snapshot, and what can have been used before that counts as used from then on.
 */
export class RedisUsedKeys {
  /** How many uses this process knows of. */
  knownUses = 0
  readonly #parts: RedisUsedKeysParts
  readonly #memory: string

  constructor(parts: RedisUsedKeysParts) {
    this.#parts = parts
    this.#memory = `${parts.prefix}memory`
  }

  /** See `S2SState`. */
  async useOnce(key: string, untilSeconds: number, sinceSeconds = Infinity): Promise<boolean> {
    const { ask, clock } = this.#parts
    const left = untilSeconds - clock()
    if (!(left > 0) || Number.isNaN(sinceSeconds)) return false
    const milliseconds = Math.ceil(Math.min(left * 1000, Number.MAX_SAFE_INTEGER / 2)) + marginMilliseconds
    const { isFirst, since } = await ask((client) => this.#use(client, key, milliseconds))
    return isFirst && sinceSeconds * 1000 >= since
  }

  /** What a look asks for along the way. */
  peek(transaction: RedisTransaction): void {
    transaction.hmGet(this.#memory, ['since', 'uses'])
  }

  /** Takes in what came of it, and sees whether keys were forgotten. */
  async notice(client: RedisClient, answer: unknown, usesBefore: number): Promise<void> {
    const [since, count] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
    const counted = wholeNumber(count) ?? 0
    await this.#rememberedSince(client, { since, isBehind: this.#isBehind(counted, usesBefore) })
  }

  async #use(client: RedisClient, key: string, milliseconds: number): Promise<UseOfKey> {
    const usesBefore = this.knownUses
    const [set, count, since] = await inOneStep(client, (transaction) => {
      const name = `${this.#parts.prefix}used:${hash('sha256', key, 'base64url')}`
      transaction.set(name, '1', { NX: true, PX: milliseconds })
      transaction.hIncrBy(this.#memory, 'uses', 1)
      transaction.hGet(this.#memory, 'since')
    })
    const counted = wholeNumber(count) ?? 0
    if (counted === 0 || (set !== 'OK' && set !== null)) throw new TypeError('Redis gave no answer that can be read')
    const isBehind = this.#isBehind(counted, usesBefore + 1)
    return { isFirst: set === 'OK', since: await this.#rememberedSince(client, { since, isBehind }) }
  }

  /** A use or a look that began when some uses were known must find at least as many, in whatever order answers come. */
  #isBehind(counted: number, atLeast: number): boolean {
    const isBehind = counted < atLeast
    this.knownUses = isBehind ? counted : Math.max(this.knownUses, counted)
    return isBehind
  }

  async #rememberedSince(
    client: RedisClient,
    found: { readonly since: unknown; readonly isBehind: boolean },
  ): Promise<number> {
    const since = wholeNumber(found.since)
    if (since !== undefined && !found.isBehind) return since
    const now = Math.ceil(this.#parts.clock() * 1000)
    await inOneStep(client, (transaction) => {
      if (found.isBehind) transaction.hSet(this.#memory, 'since', String(now))
      else transaction.hSetNX(this.#memory, 'since', String(now))
    })
    return now
  }
}

interface UseOfKey {
  readonly isFirst: boolean
  /** Milliseconds since 1970. */
  readonly since: number
}
