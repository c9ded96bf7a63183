import { S2SError, UnavailableError } from '../foundation/errors.ts'
import { inTime } from './in-time.ts'

/** Commands that are executed together, or not at all: `client.multi()` of the package `redis`. */
export interface RedisTransaction {
  /** `SET key value NX PX`. */
  set(key: string, value: string, options: { readonly NX: true; readonly PX: number }): unknown
  /** `HGET`. */
  hGet(key: string, field: string): unknown
  /** `HMGET`. */
  hmGet(key: string, fields: string[]): unknown
  /** `HGETALL`. */
  hGetAll(key: string): unknown
  /** `HLEN`. */
  hLen(key: string): unknown
  /** `HSET`. */
  hSet(key: string, field: string, value: string): unknown
  /** `HSETNX`. */
  hSetNX(key: string, field: string, value: string): unknown
  /** `HDEL`. */
  hDel(key: string, fields: string[]): unknown
  /** `HINCRBY`. */
  hIncrBy(key: string, field: string, increment: number): unknown
  /** `EXEC`: the answers, in the order of the commands. */
  exec(): Promise<unknown>
}

/**
 * What is used of a client of the package `redis` (4, 5 or 6): what `createClient`, `createClientPool`, `createCluster` and
 * `createSentinel` give fits. Transactions alone are used: they never go to a replica, which may not know yet what was
 * written. What it answers is not believed to be of any type.
 */
export interface RedisClient {
  /** `false` while it is not connected: commands would wait in its queue, and be executed when nobody expects it any more. */
  readonly isReady?: boolean
  /** Begins a transaction. */
  multi(): RedisTransaction
}

/** Whether a value has what is used of a client. */
export function isRedisClient(value: unknown): value is RedisClient {
  return typeof ((value ?? {}) as Partial<RedisClient>).multi === 'function'
}

/**
 * Does something with the client, within a time.
 *
 * @throws (rejects) UnavailableError `ERR_S2S_STATE_UNAVAILABLE` when it is not connected, fails or takes too long
 */
export type AskRedis = <T>(work: (client: RedisClient) => Promise<T>) => Promise<T>

/** Creates the way to a client; nothing is sent while it is not connected. */
export function createAskRedis(client: RedisClient, timeoutMilliseconds: number): AskRedis {
  async function start<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    if (client.isReady === false) {
      throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', 'the client of Redis is not connected')
    }
    return work(client)
  }

  return async function askRedis(work) {
    try {
      return await inTime(start(work), timeoutMilliseconds)
    } catch (cause) {
      if (cause instanceof S2SError) throw cause
      throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', 'Redis did not do what it was asked', { cause })
    }
  }
}

/** Does several things in one step; gives their answers. */
export async function inOneStep(
  client: RedisClient,
  commands: (transaction: RedisTransaction) => void,
): Promise<readonly unknown[]> {
  const transaction = client.multi()
  commands(transaction)
  const answers = await transaction.exec()
  if (!Array.isArray(answers)) throw new TypeError('a transaction of Redis has no answers')
  return answers as readonly unknown[]
}

/**
 * A whole number of at least 0 in an answer; `undefined` when there is none.
 *
 * @throws TypeError for anything else
 */
export function wholeNumber(answer: unknown): number | undefined {
  if (answer === null || answer === undefined) return undefined
  const number = typeof answer === 'string' && /^\d{1,16}$/.test(answer) ? Number(answer) : answer
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number
  throw new TypeError('Redis has no whole number where there should be one')
}
