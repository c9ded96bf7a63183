import { randomInt } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { inOneStep, wholeNumber, type AskRedis, type RedisClient, type RedisTransaction } from './redis-client.ts'
import type { RedisUsedKeys } from './redis-used-keys.ts'
import type { SuspensionStore } from './s2s-state.ts'

/** What suspensions are made with. */
export interface RedisSuspensionsParts {
  readonly ask: AskRedis
  /** Goes before every key. */
  readonly prefix: string
  readonly clock: Clock
  /** Looked after along the way. */
  readonly usedKeys: RedisUsedKeys
}

/** No list of ours is longer; one that is would take up the memory of every server. */
const maximumEntries = 100_000

/** Entries that ended are removed this long afterwards: the clocks of a fleet differ. */
const keptSeconds = 3600

/** Among the entries, whose ids have no colon. It grows by chance: a state that lost a part does not come to the same number. */
const versionField = ':version'
const longestStep = 1_000_000

/** Of an entry that nobody can read. */
const longestSeconds = 366 * 86_400

/**
 * The suspensions of a fleet: one hash holds them and their version, so that they are lost together or not at all; a second one
 * the ids of those that were lifted, so that a lost one is not taken for one of them.
 */
export class RedisSuspensions implements SuspensionStore {
  readonly #parts: RedisSuspensionsParts
  readonly #entriesKey: string
  readonly #liftedKey: string

  constructor(parts: RedisSuspensionsParts) {
    this.#parts = parts
    this.#entriesKey = `${parts.prefix}suspensions`
    this.#liftedKey = `${parts.prefix}lifted`
  }

  async put(id: string, entry: string, untilSeconds: number): Promise<void> {
    await this.#parts.ask((client) =>
      inOneStep(client, (transaction) => {
        transaction.hDel(this.#liftedKey, [id])
        transaction.hSet(this.#entriesKey, id, `${untilSeconds} ${entry}`)
        this.#moveOn(transaction)
      }),
    )
  }

  async delete(id: string): Promise<boolean> {
    return this.#parts.ask(async (client) => {
      const [found] = await inOneStep(client, (transaction) => transaction.hGet(this.#entriesKey, id))
      if (found === null || found === undefined) return false
      const { until = this.#parts.clock() + longestSeconds } = readEntry(id, found)
      const [deleted] = await inOneStep(client, (transaction) => {
        transaction.hDel(this.#entriesKey, [id])
        transaction.hSet(this.#liftedKey, id, String(until))
        this.#moveOn(transaction)
      })
      return deleted === 1
    })
  }

  async list(): Promise<ReadonlyMap<string, string>> {
    return this.#parts.ask(async (client) => {
      const fields = (await read(client, this.#entriesKey)).filter(([field]) => field !== versionField)
      const entries = fields.map(([id, text]) => readEntry(id, text))
      await this.#prune(client, this.#entriesKey, entries)
      return new Map(entries.map(({ id, entry }) => [id, entry]))
    })
  }

  async lifted(): Promise<ReadonlySet<string>> {
    return this.#parts.ask(async (client) => {
      const entries = (await read(client, this.#liftedKey)).map(([id, text]) => readEntry(id, `${text} `))
      await this.#prune(client, this.#liftedKey, entries)
      return new Set(entries.map(({ id }) => id))
    })
  }

  async version(): Promise<number> {
    const { ask, usedKeys } = this.#parts
    return ask(async (client) => {
      const usesBefore = usedKeys.knownUses
      const [version, memory] = await inOneStep(client, (transaction) => {
        transaction.hGet(this.#entriesKey, versionField)
        usedKeys.peek(transaction)
      })
      await usedKeys.notice(client, memory, usesBefore)
      return wholeNumber(version) ?? 0
    })
  }

  #moveOn(transaction: RedisTransaction): void {
    transaction.hIncrBy(this.#entriesKey, versionField, randomInt(1, longestStep))
  }

  async #prune(client: RedisClient, key: string, entries: readonly Dated[]): Promise<void> {
    const now = this.#parts.clock()
    const ended = entries.filter(({ until = Infinity }) => until + keptSeconds < now).map(({ id }) => id)
    if (ended.length > 0) await inOneStep(client, (transaction) => transaction.hDel(key, ended))
  }
}

async function read(client: RedisClient, key: string): Promise<readonly (readonly [string, string])[]> {
  const [length] = await inOneStep(client, (transaction) => transaction.hLen(key))
  if ((wholeNumber(length) ?? 0) > maximumEntries) throw new TypeError('Redis has more suspensions than there can be')
  const [fields] = await inOneStep(client, (transaction) => transaction.hGetAll(key))
  return fieldsOf(fields)
}

interface Dated {
  readonly id: string
  /** `undefined` when it cannot be read. */
  readonly until: number | undefined
}

/** One that cannot be read is an empty text, which is no suspension either. */
function readEntry(id: string, text: unknown): Dated & { readonly entry: string } {
  const [, until, entry = ''] = /^(\d{1,16}(?:\.\d{1,16})?) (.*)$/s.exec(String(text)) ?? []
  return { id, until: until === undefined ? undefined : Number(until), entry }
}

/** A hash as the client gives it, whatever its types are mapped to. */
function fieldsOf(answer: unknown): readonly (readonly [string, string])[] {
  const fields: readonly unknown[] = answer instanceof Map ? [...answer] : Object.entries(answer ?? notAHash())
  return fields.map((field) => {
    const [name, text] = field as readonly unknown[]
    return typeof name === 'string' && typeof text === 'string' ? [name, text] : notAHash()
  })
}

function notAHash(): never {
  throw new TypeError('Redis has something else where the suspensions should be')
}
