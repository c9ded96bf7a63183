import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError, UnavailableError } from '../../lib/foundation/errors.ts'
import { createMemoryState, type MemoryStateOptions } from '../../lib/state/memory-state.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'

function useOnceOf(options?: MemoryStateOptions): (key: string, until: number) => boolean | Promise<boolean> {
  const state = createMemoryState(options)
  return (key, until) => state.useOnce(key, until)
}

describe('createMemoryState: useOnce', () => {
  it('is true the first time and false until the time has come', async () => {
    const { clock, advance } = makeMovableClock()
    const useOnce = useOnceOf({ clock })
    assert.equal(await useOnce('proof', NOW + 60), true)
    assert.equal(await useOnce('proof', NOW + 90), false)
    assert.equal(await useOnce('other proof', NOW + 60), true)
    advance(59)
    assert.equal(await useOnce('proof', NOW + 120), false)
    advance(1)
    assert.equal(await useOnce('proof', NOW + 120), true)
  })

  it('lets one of many have it that ask at once', async () => {
    const useOnce = useOnceOf()
    const until = Date.now() / 1000 + 60
    const answers = await Promise.all(Array.from({ length: 100 }, async () => useOnce('proof', until)))
    assert.equal(answers.filter(Boolean).length, 1)
  })

  it('calls nothing new that it could not remember', async () => {
    const { clock } = makeMovableClock()
    const useOnce = useOnceOf({ clock })
    for (const until of [NOW, NOW - 1, NaN, -Infinity])
      assert.equal(await useOnce('proof', until), false, String(until))
  })

  it('calls nothing new that can have been used before it began', async () => {
    const { clock, advance } = makeMovableClock(NOW + 0.5)
    const state = createMemoryState({ clock })
    const useOnce = (...asked: Parameters<typeof state.useOnce>) => state.useOnce(...asked)
    advance(10)
    assert.equal(await useOnce('older', NOW + 60, NOW - 1), false)
    assert.equal(await useOnce('nobody knows how old', NOW + 60, NaN), false)
    assert.equal(await useOnce('of the same second', NOW + 60, NOW), true)
    assert.equal(await useOnce('of the same second', NOW + 60, NOW), false)
  })

  it('forgets no live key for a new one, and says that it is full', async () => {
    const { clock, advance } = makeMovableClock()
    const useOnce = useOnceOf({ clock, maximumKeys: 3 })
    for (const key of ['a', 'b', 'c']) assert.equal(await useOnce(key, NOW + 60), true)
    const full = (error: unknown): boolean =>
      error instanceof UnavailableError && error.code === 'ERR_S2S_STATE_UNAVAILABLE' && error.source === 'state'
    for (const key of ['d', 'e']) assert.throws(() => useOnce(key, NOW + 60), full)
    for (const key of ['a', 'b', 'c']) assert.equal(await useOnce(key, NOW + 60), false)
    advance(60)
    assert.equal(await useOnce('d', NOW + 120), true)
  })

  it('keeps no key that has ended, however many come', async () => {
    const { clock, advance } = makeMovableClock()
    const useOnce = useOnceOf({ clock, maximumKeys: 4000 })
    for (let index = 0; index < 20_000; index += 1) {
      assert.equal(await useOnce(`proof ${index}`, clock() + 10), true)
      advance(0.01)
    }
  })

  it('refuses options that it does not have', () => {
    assert.throws(() => createMemoryState({ maximumKeys: 0 }), ConfigurationError)
    assert.throws(() => createMemoryState({ size: 1 } as object), { code: 'ERR_S2S_OPTION_UNKNOWN' })
    assert.throws(() => createMemoryState({ clock: 5 as never }), /must be a function/)
  })
})

describe('createMemoryState: suspensions', () => {
  it('keeps entries until their time, and tells each change by its version', async () => {
    const { clock, advance } = makeMovableClock()
    const { suspensions } = createMemoryState({ clock })
    const versions = [await suspensions.version()]
    await suspensions.put('a', 'one', NOW + 10)
    versions.push(await suspensions.version())
    await suspensions.put('b', 'two', NOW + 20)
    versions.push(await suspensions.version())
    assert.deepEqual([...(await suspensions.list())], [['a', 'one'], ['b', 'two']]) // prettier-ignore
    assert.equal(await suspensions.delete('b'), true)
    versions.push(await suspensions.version())
    assert.equal(await suspensions.delete('b'), false)
    assert.deepEqual(
      versions,
      [...new Set(versions)].sort((one, other) => one - other),
    )
    advance(10)
    assert.deepEqual([...(await suspensions.list())], [])
  })
})
