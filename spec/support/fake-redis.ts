import type { RedisClient, RedisTransaction } from '../../lib/state/redis-client.ts'
import type { Clock } from '../../lib/foundation/clock.ts'

/** A client of a Redis that is not there: what is used of one, in memory, and what can go wrong with it. */
export interface FakeRedis extends RedisClient {
  isReady: boolean
  /** What it holds: texts, and hashes. */
  readonly texts: Map<string, { readonly text: string; readonly until: number }>
  readonly hashes: Map<string, Map<string, string>>
  /** Takes the place of the answers of a transaction. */
  answer: ((answers: unknown[]) => unknown) | undefined
  /** Forgets everything. */
  wipe(this: void): void
  /** What it holds now, to go back to. */
  snapshot(this: void): () => void
}

/** Makes one, on a clock. Transactions are carried out in the order in which they are sent. */
export function makeFakeRedis(clock: Clock): FakeRedis {
  const texts: FakeRedis['texts'] = new Map()
  const hashes: FakeRedis['hashes'] = new Map()
  const hash = (key: string): Map<string, string> => {
    const found = hashes.get(key) ?? new Map<string, string>()
    hashes.set(key, found)
    return found
  }
  const restore = (from: Pick<FakeRedis, 'texts' | 'hashes'>): void => {
    texts.clear()
    hashes.clear()
    for (const [key, value] of from.texts) texts.set(key, value)
    for (const [key, value] of from.hashes) hashes.set(key, new Map(value))
  }

  function multi(): RedisTransaction {
    const commands: (() => unknown)[] = []
    const add = (command: () => unknown): void => void commands.push(command)
    const setField = (key: string, field: string, value: string, onlyNew = false): number => {
      const isNew = !hash(key).has(field)
      if (isNew || !onlyNew) hash(key).set(field, value)
      return isNew ? 1 : 0
    }
    return {
      set: (key, text, { PX }) => {
        add(() => {
          if ((texts.get(key)?.until ?? 0) > clock() * 1000) return null
          texts.set(key, { text, until: clock() * 1000 + PX })
          return 'OK'
        })
      },
      hGet: (key, field) => { add(() => hash(key).get(field) ?? null) }, // prettier-ignore
      hmGet: (key, fields) => { add(() => fields.map((field) => hash(key).get(field) ?? null)) }, // prettier-ignore
      hGetAll: (key) => { add(() => Object.fromEntries(hash(key))) }, // prettier-ignore
      hLen: (key) => { add(() => hash(key).size) }, // prettier-ignore
      hSet: (key, field, value) => { add(() => setField(key, field, value)) }, // prettier-ignore
      hSetNX: (key, field, value) => { add(() => setField(key, field, value, true)) }, // prettier-ignore
      hDel: (key, fields) => { add(() => fields.filter((field) => hash(key).delete(field)).length) }, // prettier-ignore
      hIncrBy: (key, field, increment) => {
        add(() => {
          const value = Number(hash(key).get(field) ?? 0) + increment
          hash(key).set(field, String(value))
          return value
        })
      },
      exec: async () => {
        await new Promise(setImmediate)
        const answers = commands.map((command) => command())
        return redis.answer === undefined ? answers : redis.answer(answers)
      },
    }
  }

  const redis: FakeRedis = {
    isReady: true,
    texts,
    hashes,
    answer: undefined,
    multi,
    wipe: () => {
      restore({ texts: new Map(), hashes: new Map() })
    },
    snapshot: () => {
      const held = { texts: new Map(texts), hashes: new Map([...hashes].map(([key, value]) => [key, new Map(value)])) }
      return () => {
        restore(held)
      }
    },
  }
  return redis
}
