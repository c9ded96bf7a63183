import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProfileCache, type ProfileCacheOptions } from '../../lib/identity/profile-cache.ts'
import { makeMovableClock } from '../support/clock.ts'

/** A cache whose loads are counted: each gives the number of the load. */
function countingCache(changes: Partial<ProfileCacheOptions> = {}): {
  get: (key: string) => Promise<number>
  advance: (seconds: number) => void
} {
  const { clock, advance } = makeMovableClock()
  const cache = createProfileCache<number>({ seconds: 60, maximumEntries: 3, clock, ...changes })
  let loads = 0
  return { get: (key) => cache.get(key, () => Promise.resolve(++loads)), advance }
}

describe('the cache of profiles', () => {
  it('keeps what was found for its seconds and not longer', async () => {
    const { get, advance } = countingCache()
    assert.equal(await get('a'), 1)
    advance(59)
    assert.equal(await get('a'), 1)
    advance(1)
    assert.equal(await get('a'), 2)
  })

  it('keeps nothing where it has no seconds', async () => {
    const { get } = countingCache({ seconds: 0 })
    assert.equal(await get('a'), 1)
    assert.equal(await get('a'), 2)
  })

  it('believes nothing that is younger than now', async () => {
    const { get, advance } = countingCache()
    assert.equal(await get('a'), 1)
    advance(-3600)
    assert.equal(await get('a'), 2)
  })

  it('counts the age from the question, not from the answer', async () => {
    const { clock, advance } = makeMovableClock()
    const cache = createProfileCache<string>({ seconds: 60, maximumEntries: 3, clock })
    await cache.get('a', () => {
      advance(60)
      return Promise.resolve('old')
    })
    assert.equal(await cache.get('a', () => Promise.resolve('new')), 'new')
  })

  it('gives up what was used longest ago', async () => {
    const { get } = countingCache()
    for (const key of ['a', 'b', 'c', 'a', 'd']) await get(key)
    assert.equal(await get('a'), 1)
    assert.equal(await get('c'), 3)
    assert.equal(await get('d'), 4)
    assert.equal(await get('b'), 5)
  })

  it('asks once for all who wait for the same', async () => {
    const { get } = countingCache()
    assert.deepEqual(await Promise.all([get('a'), get('a'), get('b'), get('a')]), [1, 1, 2, 1])
  })

  it('hands a failure to all who wait and does not keep it', async () => {
    const { clock } = makeMovableClock()
    const cache = createProfileCache<string>({ seconds: 60, maximumEntries: 3, clock })
    let loads = 0
    const failing = (): Promise<string> => {
      loads++
      throw new Error('down')
    }
    const answers = await Promise.allSettled([cache.get('a', failing), cache.get('a', failing)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.equal(loads, 1)
    assert.equal(await cache.get('a', () => Promise.resolve('up')), 'up')
  })
})
