import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import type { DiagnosticsMessage } from '../../lib/audit/diagnostics-messages.ts'
import { traceWork } from '../../lib/audit/trace-work.ts'

interface Message extends DiagnosticsMessage {
  readonly said?: string
  readonly durationSeconds?: number
}

const channel: TracingChannel<unknown, Message> = tracingChannel('spec:trace-work')

function trace<Result>(work: () => Result | Promise<Result>): Result | Promise<Result> {
  return traceWork<Message, Result>(channel, {
    message: { source: {} },
    work,
    describeResult: (result) => ({ said: `result ${String(result)}` }),
    describeError: (error) => ({ said: `error ${String(error)}` }),
  })
}

function listen(test: TestContext): readonly (readonly [string, Message])[] {
  const heard: (readonly [string, Message])[] = []
  const hear = (event: string) => (message: Message) => void heard.push([event, { ...message }])
  const subscribers = {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  }
  channel.subscribe(subscribers)
  test.after(() => {
    channel.unsubscribe(subscribers)
  })
  return heard
}

const shown = (heard: readonly (readonly [string, Message])[]): readonly unknown[] =>
  heard.map(([event, { said }]) => [event, said])

describe('traceWork', () => {
  it('gives a value in the same turn, and has told its end by then', (test) => {
    const heard = listen(test)
    assert.equal(
      trace(() => 1),
      1,
    )
    assert.deepEqual(shown(heard), [['start', undefined], ['end', 'result 1']]) // prettier-ignore
    assert.equal(typeof heard[1]?.[1].durationSeconds, 'number')
  })

  it('throws what was thrown, in the same turn', (test) => {
    const heard = listen(test)
    const bug = new RangeError('a bug')
    assert.throws(
      () =>
        trace(() => {
          throw bug
        }),
      bug,
    )
    const said = 'error RangeError: a bug'
    assert.deepEqual(shown(heard), [['start', undefined], ['error', said], ['end', said]]) // prettier-ignore
  })

  it('tells the end of a promise when it has settled, either way', async (test) => {
    const heard = listen(test)
    assert.equal(await trace(() => Promise.resolve(2)), 2)
    await assert.rejects(async () => trace(() => Promise.reject(new Error('late'))), { message: 'late' })
    const said = 'error Error: late'
    assert.deepEqual(shown(heard), [
      ['start', undefined],
      ['end', undefined],
      ['asyncStart', 'result 2'],
      ['asyncEnd', 'result 2'],
      ['start', undefined],
      ['end', undefined],
      ['error', said],
      ['asyncStart', said],
      ['asyncEnd', said],
    ])
    assert.equal(heard[1]?.[1].durationSeconds, undefined)
  })

  it('runs the work within the stores that are bound to its start', async (test) => {
    const store = new AsyncLocalStorage<string>()
    channel.start.bindStore(store, () => 'bound')
    test.after(() => channel.start.unbindStore(store))
    assert.equal(
      trace(() => store.getStore()),
      'bound',
    )
    assert.equal(await trace(() => Promise.resolve().then(() => store.getStore())), 'bound')
    assert.equal(store.getStore(), undefined)
  })
})
