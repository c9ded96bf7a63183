import { z } from 'zod'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { createAskRedis, isRedisClient, type RedisClient } from './redis-client.ts'
import { RedisSuspensions } from './redis-suspensions.ts'
import { RedisUsedKeys } from './redis-used-keys.ts'
import type { S2SState } from './s2s-state.ts'

/** Options of `createRedisState`. */
export interface RedisStateOptions {
  /** Goes before all keys, in braces, so that Redis Cluster keeps them in one slot. One for each fleet. Default `passport-s2s`. */
  readonly prefix?: string
  /** How long Redis may take for one thing before it counts as out of reach. Default 500. */
  readonly timeoutMilliseconds?: number
  /** Seconds since 1970. Default: the system clock. */
  readonly clock?: Clock
}

const redisStateSchema = optionsObject({
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._:/-]{1,100}$/, 'must be 1 to 100 letters, digits, or . _ : / -')
    .optional(),
  timeoutMilliseconds: z.number().int().min(10).max(10_000).optional(),
  clock: z.custom((value) => typeof value === 'function', 'must be a function that gives seconds').optional(),
})

/**
 * Creates the state of a fleet in Redis, over the application's own client of the package `redis` (4, 5 or 6). Connect it, give
 * it a listener for `error` (without one node-redis ends the process when the connection is lost), and close it, yourself.
 *
 * Redis gets hashes of keys that were used, and suspensions: whom an operator named, and the hashes of burnt tokens. No token,
 * key, metadata or principal. What is read back is used to refuse only; an answer that is not of our making is an outage.
 * While the client is not connected nothing is sent, so nothing waits in its queue.
 *
 * Whoever can write to this Redis can lift suspensions, make a used token new again, and make every server refuse: give it a
 * user of its own. It must keep what it has (`maxmemory-policy noeviction`; append-only file): uses of keys that it lost when
 * it was wiped or went back to an older snapshot are noticed, and count as used (see `sinceSeconds` of `S2SState.useOnce`); a single
 * key that it dropped for want of memory is not.
 *
 * Not checked: that no other program uses the same prefix, and that the clocks of the servers differ by less than a minute.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`. What it gives rejects with UnavailableError
 * `ERR_S2S_STATE_UNAVAILABLE`
 */
export function createRedisState(client: RedisClient, options: RedisStateOptions = {}): S2SState {
  parseOptions(redisStateSchema, options, 'options')
  if (!isRedisClient(client)) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      'client must be a client of the package redis: createClient()',
    )
  }
  const { prefix = 'passport-s2s', timeoutMilliseconds = 500, clock = systemClock } = options
  const parts = { ask: createAskRedis(client, timeoutMilliseconds), prefix: `{${prefix}}:`, clock }
  const usedKeys = new RedisUsedKeys(parts)
  return {
    useOnce: (key, untilSeconds, sinceSeconds) => usedKeys.useOnce(key, untilSeconds, sinceSeconds),
    suspensions: new RedisSuspensions({ ...parts, usedKeys }),
  }
}
