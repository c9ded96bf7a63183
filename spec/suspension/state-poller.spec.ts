import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, it } from 'node:test'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import { createStatePoller, type StatePoller, type StatePollerOptions } from '../../lib/suspension/state-poller.ts'
import { makeMovableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'

/** A poller of a state that answers as it is told. */
function pollerOf(changes: Partial<StatePollerOptions<number>> = {}) {
  const time = makeMovableClock()
  const told: string[] = []
  const state: { look: () => Promise<number>; looks: number; applied: number[] } = {
    look: () => Promise.resolve(1),
    looks: 0,
    applied: [],
  }
  const poller = createStatePoller<number>({
    look: () => {
      state.looks += 1
      return state.look()
    },
    apply: (seen) => state.applied.push(seen),
    clock: time.clock,
    staleSeconds: () => 60,
    intervalMilliseconds: 5,
    onFailure: (error) => told.push(`failed: ${String(error)}`),
    onRecovery: () => told.push('recovered'),
    ...changes,
  })
  return { poller, state, told, ...time }
}

async function isServed(poller: StatePoller): Promise<boolean> {
  try {
    await poller.current()
    return true
  } catch {
    return false
  }
}

const outage = (): Promise<never> => Promise.reject(new Error('down'))
const isUnavailable = (error: unknown): boolean =>
  error instanceof UnavailableError && error.code === 'ERR_S2S_STATE_UNAVAILABLE' && error.source === 'state'

describe('createStatePoller', () => {
  it('looks ahead for nobody: not in the name of the request that made it look first', async () => {
    const storage = new AsyncLocalStorage<string>()
    const lookedFor: (string | undefined)[] = []
    const look = (): Promise<number> => {
      lookedFor.push(storage.getStore())
      return Promise.resolve(1)
    }
    const { poller } = pollerOf({ look })
    await storage.run('request', () => poller.current())
    await eventually(() => lookedFor.length > 1, 'a look ahead')
    poller.close()
    assert.deepEqual(lookedFor.slice(0, 2), ['request', undefined])
  })

  it('looks when it is first asked, once for all who wait, and again and again by itself', async () => {
    const { poller, state } = pollerOf()
    assert.equal(state.looks, 0)
    await Promise.all([poller.current(), poller.current()])
    assert.equal(state.looks, 1)
    assert.equal(poller.current(), undefined)
    await eventually(() => state.looks > 3, 'three more looks')
    poller.close()
    assert.ok(state.applied.length > 2)
  })

  it('serves the last good look until it is stale, then refuses, and recovers by itself', async () => {
    const { poller, state, told, advance } = pollerOf()
    await poller.current()
    state.look = outage
    await eventually(() => told.length > 0, 'the outage is told')
    advance(60)
    assert.equal(poller.current(), undefined)
    advance(1)
    await assert.rejects(async () => poller.current(), isUnavailable)
    const { looks } = state
    await eventually(() => state.looks > looks + 2, 'it goes on looking')
    assert.deepEqual(told, ['failed: Error: down'], 'an outage is told once')
    state.look = () => Promise.resolve(2)
    await eventually(() => isServed(poller), 'it is fresh again')
    assert.deepEqual(told, ['failed: Error: down', 'recovered'])
    assert.equal(state.applied.at(-1), 2)
    poller.close()
  })

  it('refuses from the start while nothing was ever seen', async () => {
    const { poller, state } = pollerOf({ intervalMilliseconds: 60_000 })
    state.look = outage
    for (let times = 0; times < 5; times += 1) await assert.rejects(async () => poller.current(), isUnavailable)
    assert.equal(state.looks, 1, 'requests do not beat upon a state that is down')
    poller.close()
  })

  it('lets a stale look be made good by the next one, and no request is refused for it', async () => {
    const { poller, state, advance } = pollerOf({ intervalMilliseconds: 60_000 })
    await poller.current()
    advance(100)
    await Promise.all([poller.current(), poller.current()])
    assert.equal(state.looks, 2)
    poller.close()
  })

  it('does not wait for a look that hangs, nor takes in what it finds later', async () => {
    const { poller, state } = pollerOf({ timeoutMilliseconds: 10 })
    let answer: (seen: number) => void = () => undefined
    state.look = () => new Promise((resolve) => (answer = resolve))
    await assert.rejects(async () => poller.current(), isUnavailable)
    state.look = () => Promise.resolve(7)
    await eventually(() => state.applied.includes(7), 'the next look')
    answer(5)
    await eventually(() => state.applied.length > 2, 'more looks')
    assert.ok(!state.applied.includes(5))
    poller.close()
  })

  it('counts a look that cannot be taken in for nothing', async () => {
    const { poller, told } = pollerOf({
      apply: () => {
        throw new TypeError('not a list')
      },
    })
    await assert.rejects(async () => poller.current(), isUnavailable)
    assert.deepEqual(told, ['failed: TypeError: not a list'])
    poller.close()
  })

  it('takes no look for younger than it is when the clock is set back', async () => {
    const { poller, state, advance } = pollerOf({ intervalMilliseconds: 60_000 })
    await poller.current()
    advance(-1000)
    assert.equal(poller.current(), undefined)
    state.look = outage
    advance(61)
    await assert.rejects(async () => poller.current(), isUnavailable)
    poller.close()
  })

  it('stops when it is closed, and looks when it is asked all the same', async () => {
    const { poller, state, advance } = pollerOf()
    await poller.current()
    poller.close()
    const { looks } = state
    advance(61)
    await poller.current()
    assert.equal(state.looks, looks + 1)
  })
})
