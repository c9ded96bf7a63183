import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import type { RedisClient } from '../../lib/state/redis-client.ts'
import { createRedisState, type RedisStateOptions } from '../../lib/state/redis-state.ts'
import type { S2SState } from '../../lib/state/s2s-state.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { makeFakeRedis } from '../support/fake-redis.ts'
import { createRedisClient, findRedis, startRedis, type RedisServer } from '../support/redis-server.ts'

const unavailable = { code: 'ERR_S2S_STATE_UNAVAILABLE' }
const found = findRedis()

/** One Redis, and what both kinds of it can do. */
interface Stage {
  readonly client: RedisClient
  wipe(): Promise<void>
  /** Gives the way back to what it holds now. */
  snapshot(): Promise<() => Promise<void>>
  field(hash: string, field: string, value: string): Promise<void>
}

/** The clock of a Redis server is the true one: these stories let no time go by, but for their own. */
const kinds: Readonly<Record<string, { readonly skip?: string; readonly open: () => Promise<Stage> }>> = {
  'a fake Redis': { open: () => Promise.resolve(fakeStage()) },
  Redis: { ...('missing' in found ? { skip: found.missing } : {}), open: realStage },
}

let server: RedisServer | undefined
const clients: { destroy(): void }[] = []
before(async () => {
  if ('path' in found) server = await startRedis(found.path)
})
after(async () => {
  for (const client of clients) client.destroy()
  await server?.close()
})

function fakeStage(): Stage {
  const redis = makeFakeRedis(() => NOW)
  return {
    client: redis,
    wipe: () => {
      redis.wipe()
      return Promise.resolve()
    },
    snapshot: () => {
      const restore = redis.snapshot()
      return Promise.resolve(() => {
        restore()
        return Promise.resolve()
      })
    },
    field: (hash, field, value) => {
      redis.hashes.get(hash)?.set(field, value)
      return Promise.resolve()
    },
  }
}

async function realStage(): Promise<Stage> {
  const client = createRedisClient(server?.url ?? '')
  clients.push(client)
  await client.connect()
  await client.flushAll()
  return {
    client,
    wipe: async () => {
      await client.flushAll()
    },
    snapshot: async () => {
      const held = await Promise.all((await client.keys('*')).map(async (key) => [key, await client.sendCommand(['COPY', key, `copy:${key}`])] as const)) // prettier-ignore
      return async () => {
        for (const key of await client.keys('{*')) await client.del(key)
        for (const [key] of held) await client.rename(`copy:${key}`, key)
      }
    },
    field: async (hash, field, value) => {
      await client.hSet(hash, field, value)
    },
  }
}

/** Servers over one Redis: each has a state of its own. */
function statesOf({ client }: Stage, count = 1, options: RedisStateOptions = {}): readonly S2SState[] {
  return Array.from({ length: count }, () =>
    createRedisState(client, { clock: () => NOW, timeoutMilliseconds: 10_000, ...options }),
  )
}

/** Every state has looked, as pollers do. */
async function looked(states: readonly S2SState[]): Promise<readonly number[]> {
  return Promise.all(states.map(async ({ suspensions }) => suspensions.version()))
}

for (const [kind, { skip, open }] of Object.entries(kinds)) {
  describe(`createRedisState over ${kind}: useOnce`, { skip }, () => {
    it('is true once, on one of many servers that ask at once', async () => {
      const states = statesOf(await open(), 4)
      for (let round = 0; round < 20; round += 1) {
        const asked = Array.from({ length: 12 }, (_, index) =>
          Promise.resolve(states[index % 4]?.useOnce(`proof ${round}`, NOW + 60)),
        )
        assert.equal((await Promise.all(asked)).filter(Boolean).length, 1)
      }
    })

    it('calls nothing new that it could not remember', async () => {
      const [state] = statesOf(await open())
      for (const until of [NOW, NOW - 1, NaN, -Infinity]) assert.equal(await state?.useOnce('a', until), false)
      assert.equal(await state?.useOnce('a', NOW + 1, NaN), false)
      assert.equal(await state?.useOnce('a', Infinity), true)
      assert.equal(await state?.useOnce('a', NOW + 1), false)
    })

    it('refuses what can have been used before it began, and after it was wiped before that', async () => {
      const stage = await open()
      const [one, other] = statesOf(stage, 2)
      assert.equal(await one?.useOnce('older', NOW + 60, NOW - 1), false)
      assert.equal(await one?.useOnce('used', NOW + 60, NOW), true)
      await stage.wipe()
      assert.equal(await other?.useOnce('used', NOW + 60, NOW - 0.5), false)
      assert.equal(await one?.useOnce('newer', NOW + 60, NOW + 0.5), true)
      await stage.wipe()
      await looked([other ?? assert.fail()])
      assert.equal(await one?.useOnce('used', NOW + 60, NOW - 0.5), false)
      assert.equal(await one?.useOnce('whoever cannot tell', NOW + 60), true)
    })

    for (const detect of ['a use', 'a look'] as const) {
      it(`refuses what can have been used before it went back to an older snapshot, seen by ${detect}`, async () => {
        const stage = await open()
        let now = NOW
        const [one, other] = statesOf(stage, 2, { clock: () => now })
        await looked([one ?? assert.fail(), other ?? assert.fail()])
        const goBack = await stage.snapshot()
        for (const key of ['used', 'used too']) assert.equal(await one?.useOnce(key, NOW + 60, NOW), true)
        await goBack()
        now += 5
        if (detect === 'a look') await looked([one ?? assert.fail()])
        else assert.equal(await one?.useOnce('used', NOW + 60, NOW + 4), false)
        for (const state of [one, other]) assert.equal(await state?.useOnce('used too', NOW + 60, NOW + 4), false)
        assert.equal(await other?.useOnce('newer', NOW + 60, NOW + 5), true)
      })
    }
  })

  describe(`createRedisState over ${kind}: suspensions`, { skip }, () => {
    it('holds what one server puts for all of them, and tells what was lifted', async () => {
      const states = statesOf(await open(), 2)
      const [one, other] = states.map(({ suspensions }) => suspensions)
      const before = (await looked(states))[1] ?? assert.fail()
      await one?.put('a', '{"entry":"a\nb"}', NOW + 60)
      await one?.put('b', '{}', NOW + 60.125)
      assert.ok(((await other?.version()) ?? 0) > before)
      assert.deepEqual(await other?.list(), new Map([['a', '{"entry":"a\nb"}'], ['b', '{}']])) // prettier-ignore
      assert.deepEqual([await other?.delete('a'), await other?.delete('a'), await one?.delete('never there')], [true, false, false]) // prettier-ignore
      assert.deepEqual([await one?.list(), await one?.lifted?.()], [new Map([['b', '{}']]), new Set(['a'])])
      await one?.put('a', '{}', NOW + 60)
      assert.deepEqual([(await other?.list())?.size, await other?.lifted?.()], [2, new Set()])
    })

    it('comes to no number that it had before, whatever is lost between', async () => {
      const stage = await open()
      const states = statesOf(stage)
      const seen = new Set<number>()
      for (let times = 0; times < 20; times += 1) {
        await states[0]?.suspensions.put('a', '{}', NOW + 60)
        seen.add((await looked(states))[0] ?? assert.fail())
        await stage.wipe()
      }
      assert.equal(seen.size, 20)
      assert.deepEqual(await looked(states), [0])
    })

    it('forgets entries and lifted ones an hour after their end', async () => {
      let now = NOW
      const [state] = statesOf(await open(), 1, { clock: () => now })
      const { suspensions } = state ?? assert.fail()
      for (const id of ['a', 'b', 'c']) await suspensions.put(id, '{}', NOW + (id === 'c' ? 7200 : 60))
      await suspensions.delete('b')
      now += 3660
      assert.deepEqual(
        [[...(await suspensions.list()).keys()], await suspensions.lifted?.()],
        [['a', 'c'], new Set('b')],
      )
      now += 1
      await suspensions.list()
      await suspensions.lifted?.()
      assert.deepEqual([[...(await suspensions.list()).keys()], await suspensions.lifted?.()], [['c'], new Set()])
    })

    it('gives an entry that it cannot read as one that nobody can, and lifts it', async () => {
      const stage = await open()
      const [state] = statesOf(stage)
      const { suspensions } = state ?? assert.fail()
      await suspensions.put('a', '{}', NOW + 60)
      await stage.field('{passport-s2s}:suspensions', 'a', 'garbage')
      assert.deepEqual(await suspensions.list(), new Map([['a', '']]))
      assert.equal(await suspensions.delete('a'), true)
      assert.deepEqual(await suspensions.lifted?.(), new Set('a'))
    })

    it('is an outage where a version or a list is something else', async () => {
      const stage = await open()
      const [state] = statesOf(stage)
      const { suspensions } = state ?? assert.fail()
      await suspensions.put('a', '{}', NOW + 60)
      for (const version of ['-5', '1e3', 'x', '99999999999999999']) {
        await stage.field('{passport-s2s}:suspensions', ':version', version)
        await assert.rejects(async () => suspensions.version(), unavailable)
      }
    })

    it('keeps two fleets apart by their prefixes', async () => {
      const stage = await open()
      const [one] = statesOf(stage, 1, { prefix: 'one' })
      const [other] = statesOf(stage, 1, { prefix: 'other' })
      await one?.suspensions.put('a', '{}', NOW + 60)
      assert.deepEqual([await one?.useOnce('key', NOW + 60), await other?.useOnce('key', NOW + 60)], [true, true])
      assert.equal((await other?.suspensions.list())?.size, 0)
    })
  })
}

describe('createRedisState: outages', () => {
  it('sends nothing while the client is not connected', async () => {
    const redis = makeFakeRedis(() => NOW)
    const state = createRedisState(redis, { clock: () => NOW })
    redis.isReady = false
    await assert.rejects(async () => state.useOnce('a', NOW + 60), unavailable)
    await assert.rejects(async () => state.suspensions.put('a', '{}', NOW + 60), unavailable)
    assert.deepEqual([redis.texts.size, redis.hashes.size], [0, 0])
  })

  it('waits for no answer longer than it was told, and takes no other than its own for one', async () => {
    const redis = makeFakeRedis(() => NOW)
    const state = createRedisState(redis, { clock: () => NOW, timeoutMilliseconds: 10 })
    const { suspensions } = state
    const all: readonly (() => unknown)[] = [
      () => state.useOnce('a', NOW + 60, NOW),
      () => suspensions.version(),
      () => suspensions.list(),
      () => suspensions.lifted?.(),
    ]
    const bad: readonly ((answers: unknown[]) => unknown)[] = [
      () => new Promise(() => undefined),
      () => Promise.reject(new Error('connection refused')),
      () => 'OK',
      () => [['a'], ['b'], ['c']],
      () => [true, true, true],
      () => [{ a: 1 }, -1, -1],
    ]
    for (const answer of bad) {
      redis.answer = answer
      for (const ask of all)
        await assert.rejects(Promise.resolve(ask()), unavailable, `${String(answer)} ${String(ask)}`)
    }
    redis.answer = () => ['OK', 0, null]
    await assert.rejects(async () => state.useOnce('a', NOW + 60, NOW), unavailable, 'nothing was counted')
    redis.answer = () => ['yes', 1, '0']
    await assert.rejects(async () => state.useOnce('a', NOW + 60, NOW), unavailable, 'neither set nor there')
  })

  it('reads no list that is longer than there can be', async () => {
    const redis = makeFakeRedis(() => NOW)
    const { suspensions } = createRedisState(redis)
    let asked = 0
    redis.answer = () => {
      asked += 1
      return [100_001]
    }
    await assert.rejects(async () => suspensions.list(), unavailable)
    assert.equal(asked, 1)
  })

  it('reads hashes that a client gives as maps', async () => {
    const redis = makeFakeRedis(() => NOW)
    const { suspensions } = createRedisState(redis, { clock: () => NOW })
    await suspensions.put('a', '{}', NOW + 60)
    redis.answer = (answers) => answers.map((answer) => typeof answer === 'object' && answer !== null ? new Map(Object.entries(answer)) : answer) // prettier-ignore
    assert.deepEqual(await suspensions.list(), new Map([['a', '{}']]))
    redis.answer = (answers) => answers.map((answer) => (typeof answer === 'number' ? answer : null))
    await assert.rejects(async () => suspensions.list(), unavailable)
  })

  it('keeps the key of a use for a minute longer than asked, by the clock of Redis', async () => {
    const { clock, advance } = makeMovableClock()
    const redis = makeFakeRedis(clock)
    const state = createRedisState(redis, { clock: () => NOW })
    assert.equal(await state.useOnce('a', NOW + 60), true)
    advance(119)
    assert.equal(await state.useOnce('a', NOW + 60), false)
    advance(2)
    assert.equal(await state.useOnce('a', NOW + 60), true)
  })
})

describe('createRedisState: options', () => {
  const client = makeFakeRedis(() => NOW)

  it('refuses what is no client, and options that it does not have', () => {
    const refused = (given: unknown, options: object = {}): ConfigurationError => {
      let thrown: unknown
      try {
        createRedisState(given as RedisClient, options)
      } catch (error) {
        thrown = error
      }
      assert.ok(thrown instanceof ConfigurationError)
      return thrown
    }
    for (const given of [undefined, null, {}, 'redis://localhost'])
      assert.match(refused(given).message, /createClient\(\)/)
    assert.equal(refused(client, { prefixes: 'x' }).code, 'ERR_S2S_OPTION_UNKNOWN')
    for (const options of [{ prefix: '' }, { prefix: 'a}b' }, { timeoutMilliseconds: 5 }, { clock: 5 }]) {
      assert.equal(refused(client, options).code, 'ERR_S2S_OPTION_INVALID')
    }
  })

  it('has defaults', async () => {
    assert.equal(await createRedisState(client).useOnce('a', Date.now() / 1000 + 60), true)
  })
})
