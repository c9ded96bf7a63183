import { hash } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { inOneStep, wholeNumber, type AskRedis, type RedisClient, type RedisTransaction } from './redis-client.ts'
import type { S2SState } from './s2s-state.ts'

/** What used keys are made with. */
export interface RedisUsedKeysParts {
  readonly ask: AskRedis
  /** Goes before every key. */
  readonly prefix: string
  readonly clock: Clock
}

/** Used keys of a fleet. */
export interface RedisUsedKeys {
  readonly useOnce: S2SState['useOnce']
  /** What a look asks for along the way. */
  readonly peek: (transaction: RedisTransaction) => void
  /** Takes in what came of it, and sees whether keys were forgotten. */
  readonly notice: (client: RedisClient, answer: unknown, usesBefore: number) => Promise<void>
  /** How many uses this process knows of. */
  readonly knownUses: () => number
}

/** The clocks of a fleet differ: a key is kept for a minute longer than whoever used it believes to be needed. */
const marginMilliseconds = 60_000

/**
 * Creates the used keys: each is a key of Redis that ends by itself, named by its hash. One hash beside them counts all
 * uses, and says since when none was forgotten: when it is missing, or a count is smaller than one that was seen before, Redis
 * was wiped or went back to an older snapshot, and what can have been used before that counts as used from then on.
 */
export function createRedisUsedKeys({ ask, prefix, clock }: RedisUsedKeysParts): RedisUsedKeys {
  const memory = `${prefix}memory`
  let uses = 0

  /** A use or a look that began when `usesBefore` were known must find at least as many. */
  async function rememberedSince(
    client: RedisClient,
    found: { readonly since: unknown; readonly isBehind: boolean },
  ): Promise<number> {
    const since = wholeNumber(found.since)
    if (since !== undefined && !found.isBehind) return since
    const now = Math.ceil(clock() * 1000)
    await inOneStep(client, (transaction) => {
      if (found.isBehind) transaction.hSet(memory, 'since', String(now))
      else transaction.hSetNX(memory, 'since', String(now))
    })
    return now
  }

  async function use(client: RedisClient, key: string, milliseconds: number): Promise<UseOfKey> {
    const usesBefore = uses
    const [set, count, since] = await inOneStep(client, (transaction) => {
      transaction.set(`${prefix}used:${hash('sha256', key, 'base64url')}`, '1', { NX: true, PX: milliseconds })
      transaction.hIncrBy(memory, 'uses', 1)
      transaction.hGet(memory, 'since')
    })
    const counted = wholeNumber(count) ?? 0
    if (counted === 0 || (set !== 'OK' && set !== null)) throw new TypeError('Redis gave no answer that can be read')
    const isBehind = counted <= usesBefore
    uses = isBehind ? counted : Math.max(uses, counted)
    return { isFirst: set === 'OK', since: await rememberedSince(client, { since, isBehind }) }
  }

  return {
    useOnce: async (key, untilSeconds, sinceSeconds = Infinity) => {
      const left = untilSeconds - clock()
      if (!(left > 0) || Number.isNaN(sinceSeconds)) return false
      const milliseconds = Math.ceil(Math.min(left * 1000, Number.MAX_SAFE_INTEGER / 2)) + marginMilliseconds
      const { isFirst, since } = await ask((client) => use(client, key, milliseconds))
      return isFirst && sinceSeconds * 1000 >= since
    },
    peek: (transaction) => {
      transaction.hmGet(memory, ['since', 'uses'])
    },
    notice: async (client, answer, usesBefore) => {
      const [since, count] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
      const counted = wholeNumber(count) ?? 0
      const isBehind = counted < usesBefore
      uses = isBehind ? counted : Math.max(uses, counted)
      await rememberedSince(client, { since, isBehind })
    },
    knownUses: () => uses,
  }
}

interface UseOfKey {
  readonly isFirst: boolean
  /** Milliseconds since 1970. */
  readonly since: number
}
