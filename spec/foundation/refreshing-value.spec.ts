import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import {
  createRefreshingValue,
  type RefreshingValue,
  type RefreshingValueOptions,
} from '../../lib/foundation/refreshing-value.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'

interface Story {
  readonly value: RefreshingValue<string>
  /** How often the source was asked. */
  readonly loads: () => number
  /** `onRefreshed` and `onFailure`, in order. */
  readonly reports: readonly string[]
  readonly advance: (seconds: number) => void
  /** What the source answers from now on; an Error is thrown. */
  readonly answer: (next: string | Error) => void
  /** Lets background work end. */
  readonly settle: () => Promise<void>
}

/** A value that is due after 100 seconds, ahead of it after 80, and too old after 1000. */
function tell(options: Partial<RefreshingValueOptions<string>> = {}): Story {
  const { clock, advance } = makeMovableClock()
  const reports: string[] = []
  let loads = 0
  let next: string | Error = 'first'
  const value = createRefreshingValue({
    load: async () => {
      loads++
      await Promise.resolve()
      if (next instanceof Error) throw next
      return next
    },
    refreshSeconds: 100,
    staleSeconds: 1000,
    clock,
    onRefreshed: (refreshed) => reports.push(`refreshed ${refreshed}`),
    onFailure: (error, used) => reports.push(`${error.message}${used ? ', last known good' : ''}`),
    ...options,
  })
  return {
    value,
    loads: () => loads,
    reports,
    advance,
    answer: (answer) => {
      next = answer
    },
    settle: () => sleep(1),
  }
}

const outage = new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'outage')

describe('the state of a refreshing value', () => {
  it('says what would serve, how old it is and why the last attempt failed, without a load', async () => {
    const { value, advance, answer, loads, settle } = tell()
    const never = { value: undefined, isStale: false, loadedAt: undefined, failure: undefined }
    assert.deepEqual(value.state(), never)
    await value.current()
    const loaded = { value: 'first', isStale: false, loadedAt: NOW, failure: undefined }
    assert.deepEqual(value.state(), loaded)
    advance(100)
    assert.deepEqual(value.state(), { ...loaded, isStale: true })
    answer(outage)
    assert.equal(await value.current(), 'first')
    await settle()
    assert.deepEqual(value.state(), { ...loaded, isStale: true, failure: outage })
    advance(900)
    assert.deepEqual(value.state(), { ...loaded, value: undefined, failure: outage })
    assert.equal(loads(), 2)
    value.close()
  })
})

describe('a refreshing value that was never loaded', () => {
  it('is loaded once for sixty callers', async () => {
    const { value, loads, reports } = tell()
    assert.equal(value.state().value, undefined)
    const all = await Promise.all(Array.from({ length: 60 }, async () => value.current()))
    assert.deepEqual(new Set(all), new Set(['first']))
    assert.equal(loads(), 1)
    assert.deepEqual(reports, ['refreshed first'])
    value.close()
  })

  it('rejects with what the source threw and is not remembered as good', async () => {
    const { value, answer, reports } = tell()
    const failure = new TypeError('not reachable')
    answer(failure)
    await assert.rejects(async () => value.current(), failure)
    assert.equal(value.failing(), true)
    assert.equal(value.state().value, undefined)
    assert.deepEqual(reports, ['not reachable'])
  })

  it('is tried again only as the token bucket allows', async () => {
    const { value, answer, loads, advance } = tell()
    answer(outage)
    for (let attempt = 0; attempt < 50; attempt++) await assert.rejects(async () => value.current(), outage)
    assert.equal(loads(), 4)
    advance(10)
    for (let attempt = 0; attempt < 50; attempt++) await assert.rejects(async () => value.current(), outage)
    assert.equal(loads(), 5)
  })

  it('recovers at the next attempt', async () => {
    const { value, answer } = tell()
    answer(outage)
    await assert.rejects(async () => value.current(), outage)
    answer('second')
    assert.equal(await value.current(), 'second')
    assert.equal(value.failing(), false)
    value.close()
  })

  it('is loaded by a forced look too', async () => {
    const { value, loads } = tell()
    assert.deepEqual(await value.refresh(), { value: 'first', fresh: true })
    assert.equal(loads(), 1)
    value.close()
  })

  it('survives a source that throws at once, or throws what is no Error', async () => {
    const value = tell({
      load: () => {
        throw 'broken' as unknown as Error
      },
    }).value
    await assert.rejects(async () => value.current(), { message: 'what was thrown is not an Error', cause: 'broken' })
  })
})

describe('a refreshing value that is young', () => {
  it('is served at once and without a load', async () => {
    const { value, loads, advance } = tell()
    await value.current()
    advance(79)
    assert.equal(value.current(), 'first')
    assert.equal(loads(), 1)
    value.close()
  })

  it('is loaded in the background after 80 % of its time, once', async () => {
    const { value, loads, advance, answer, settle } = tell()
    await value.current()
    answer('second')
    advance(80)
    for (let call = 0; call < 20; call++) assert.equal(value.current(), 'first')
    await settle()
    assert.equal(loads(), 2)
    assert.equal(value.current(), 'second')
    value.close()
  })

  it('stays when loading ahead fails, and the token bucket rations the next attempts', async () => {
    const { value, loads, advance, answer, settle, reports } = tell()
    await value.current()
    answer(outage)
    advance(85)
    for (let call = 0; call < 20; call++) {
      assert.equal(value.current(), 'first')
      await settle()
    }
    assert.equal(loads(), 5)
    assert.equal(value.failing(), true)
    assert.match(reports[1] ?? '', /cannot be reached\., last known good$/)
    value.close()
  })

  it('has the age of the moment at which its load began', async () => {
    const { clock, advance } = makeMovableClock()
    const slow = tell({
      load: () => {
        advance(90)
        return Promise.resolve('slow')
      },
      clock,
    }).value
    await slow.current()
    advance(10)
    assert.ok(slow.current() instanceof Promise)
    await slow.current()
    slow.close()
  })

  it('is not young for longer because the clock was set back', async () => {
    const { value, loads, advance } = tell()
    await value.current()
    advance(-3600)
    assert.equal(value.current(), 'first')
    advance(100)
    assert.ok(value.current() instanceof Promise)
    await value.current()
    assert.equal(loads(), 2)
    value.close()
  })
})

describe('a refreshing value that is due', () => {
  it('makes its callers wait for one load, so that what was withdrawn stops working', async () => {
    const { value, loads, advance, answer } = tell()
    await value.current()
    answer('second')
    advance(100)
    assert.deepEqual(await Promise.all([value.current(), value.current()]), ['second', 'second'])
    assert.equal(loads(), 2)
    value.close()
  })

  it('serves the last known good through an outage; after the first failure nobody waits', async () => {
    const { value, loads, advance, answer, settle } = tell()
    await value.current()
    answer(outage)
    advance(100)
    assert.equal(await value.current(), 'first')
    for (let call = 0; call < 50; call++) {
      assert.equal(value.current(), 'first')
      await settle()
    }
    assert.equal(loads(), 5)
    value.close()
  })

  it('still makes the first caller wait when only a load ahead had failed', async () => {
    const { value, advance, answer, settle } = tell()
    await value.current()
    answer(outage)
    advance(85)
    void value.current()
    await settle()
    answer('second')
    advance(15)
    assert.equal(await value.current(), 'second')
    value.close()
  })

  it('recovers in the background when the outage ends', async () => {
    const { value, advance, answer, settle } = tell()
    await value.current()
    answer(outage)
    advance(100)
    await value.current()
    answer('second')
    assert.equal(value.current(), 'first')
    await settle()
    assert.equal(value.current(), 'second')
    assert.equal(value.failing(), false)
    value.close()
  })

  it('is waited for again when it is due the next time', async () => {
    const { value, advance, answer } = tell()
    await value.current()
    answer(outage)
    advance(100)
    await value.current()
    answer('second')
    await value.refresh()
    answer('third')
    advance(100)
    assert.equal(await value.current(), 'third')
    value.close()
  })

  it('is refused when it becomes too old while its caller waits', async () => {
    const { clock, advance } = makeMovableClock()
    let loads = 0
    const value = tell({
      clock,
      load: () => {
        if (loads++ === 0) return Promise.resolve('first')
        advance(900)
        return Promise.reject(outage)
      },
    }).value
    await value.current()
    advance(100)
    await assert.rejects(async () => value.current(), outage)
    value.close()
  })
})

describe('a refreshing value that is too old', () => {
  for (const { name, failure } of [
    { name: 'what is unavailable', failure: outage },
    { name: 'any other failure as its cause', failure: new TypeError('broken') },
  ]) {
    it(`is never served; the refusal is an UnavailableError with ${name}`, async () => {
      const { value, loads, advance, answer, reports } = tell()
      await value.current()
      answer(failure)
      advance(1000)
      for (let call = 0; call < 20; call++) {
        await assert.rejects(
          async () => value.current(),
          (error) => {
            assert.ok(error instanceof UnavailableError)
            assert.equal(error.code, 'ERR_S2S_KEYS_UNREACHABLE')
            return error === failure || error.cause === failure
          },
        )
      }
      assert.equal(loads(), 5)
      assert.equal(value.state().value, undefined)
      assert.equal(value.state().failure, failure)
      assert.equal(reports.at(-1), failure.message)
      await assert.rejects(async () => value.refresh(), UnavailableError)
      value.close()
    })
  }

  it('is loaded anew when the source is back', async () => {
    const { value, advance, answer } = tell()
    await value.current()
    advance(5000)
    answer('second')
    assert.equal(await value.current(), 'second')
    value.close()
  })

  it('is never older than staleSeconds, even when refreshSeconds is longer', async () => {
    const { value, advance, answer } = tell({ refreshSeconds: 5000 })
    await value.current()
    answer('second')
    advance(1000)
    assert.equal(await value.current(), 'second')
    value.close()
  })
})

describe('a forced look', () => {
  it('finds a new value at once', async () => {
    const { value, answer } = tell()
    await value.current()
    answer('second')
    assert.deepEqual(await value.refresh(), { value: 'second', fresh: true })
    assert.equal(value.current(), 'second')
    value.close()
  })

  it('costs three loads at once and one more each ten seconds, whoever floods us', async () => {
    const { value, loads, advance } = tell()
    await value.current()
    for (let call = 0; call < 200; call++) await value.refresh()
    assert.equal(loads(), 1 + 3)
    assert.deepEqual(await value.refresh(), { value: 'first', fresh: false })
    advance(10)
    for (let call = 0; call < 200; call++) await value.refresh()
    assert.equal(loads(), 1 + 3 + 1)
    value.close()
  })

  it('joins a load that is under way', async () => {
    const { value, loads } = tell()
    await value.current()
    const looks = await Promise.all(Array.from({ length: 100 }, async () => value.refresh()))
    assert.ok(looks.every(({ fresh }) => fresh))
    assert.equal(loads(), 2)
    value.close()
  })

  it('rejects when the load fails, and leaves the value in service', async () => {
    const { value, answer } = tell()
    await value.current()
    answer(outage)
    await assert.rejects(async () => value.refresh(), outage)
    assert.equal(value.failing(), true)
    assert.equal(value.current(), 'first')
    value.close()
  })
})

describe('the timer of a refreshing value', () => {
  it('refreshes ahead without any caller, and again after that, until it is closed', async () => {
    const { value, loads } = tell({ refreshSeconds: 0.01, clock: () => 0 })
    await value.current()
    while (loads() < 4) await sleep(1)
    value.close()
    const before = loads()
    await sleep(30)
    assert.ok(loads() <= before + 1)
  })

  it('is not started after closing', async () => {
    const { value, loads } = tell({ refreshSeconds: 0.01, clock: () => 0 })
    value.close()
    await value.current()
    await sleep(30)
    assert.equal(loads(), 1)
  })

  it('needs no callbacks and takes any number of seconds', async () => {
    const value = createRefreshingValue({
      load: () => Promise.resolve(undefined),
      refreshSeconds: 1e12,
      staleSeconds: 1e12,
      clock: () => 0,
    })
    await value.current()
    await sleep(5)
    assert.equal(value.current(), undefined)
    await value.refresh()
    value.close()
    const failing = createRefreshingValue({
      load: () => Promise.reject(outage),
      refreshSeconds: 10,
      staleSeconds: 10,
      clock: () => 0,
    })
    await assert.rejects(async () => failing.current(), outage)
  })
})
