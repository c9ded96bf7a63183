import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  createOutgoingTokenCache,
  type OutgoingToken,
  type OutgoingTokenCache,
  type OutgoingTokenKey,
} from '../../lib/outgoing/outgoing-token-cache.ts'
import { makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'

const base: OutgoingTokenKey = {
  issuer: 'issuer',
  application: 'application',
  audience: 'audience',
  realm: 'realm',
  user: ['nameid', 'nii', 'upn', undefined, undefined],
  kind: 'user+app',
  keyId: 'key',
}

/** A cache, its clock, and makers of tokens that are numbered. */
function makeCache(more: { maximumEntries?: number; skewSeconds?: number } = {}): {
  cache: OutgoingTokenCache
  time: MovableClock
  take: (key?: OutgoingTokenKey, lifetimeSeconds?: number) => Promise<string>
  made: () => number
} {
  const time = makeMovableClock()
  const cache = createOutgoingTokenCache({ clock: time.clock, ...more })
  let made = 0
  const take = async (key = base, lifetimeSeconds = 3600): Promise<string> => {
    const { token } = await cache.get(key, () => {
      made += 1
      return Promise.resolve({ token: `token ${made}`, expiresAt: time.clock() + lifetimeSeconds })
    })
    return token
  }
  return { cache, time, take, made: () => made }
}

describe('createOutgoingTokenCache', () => {
  it('gives the same token again', async () => {
    const { cache, take } = makeCache()
    assert.equal(await take(), 'token 1')
    assert.equal(await take(), 'token 1')
    assert.equal(cache.size(), 1)
  })

  const others: readonly Partial<OutgoingTokenKey>[] = [
    { issuer: 'other' },
    { application: 'other' },
    { audience: 'other' },
    { realm: 'other' },
    { kind: 'app' },
    { keyId: 'other' },
    { user: ['nameid', 'nii', 'upn', undefined, ''] },
    { user: ['nameid', 'nii', undefined, 'upn', undefined] },
    { user: ['nameid","nii', 'upn', undefined, undefined] },
    { user: ['nameid', 'nii', 'UPN', undefined, undefined] },
    { user: ['nameid', 'nii', 'null', undefined, undefined] },
    { user: ['nameid', 'nii', 'upn'] },
    { user: [] },
  ]
  for (const other of others) {
    it(`gives another token for ${JSON.stringify(other)}`, async () => {
      const { take } = makeCache()
      assert.equal(await take(), 'token 1')
      assert.equal(await take({ ...base, ...other }), 'token 2')
      assert.equal(await take(), 'token 1')
    })
  }

  it('keeps any two different keys apart', () => {
    const part = fc.string({ unit: fc.constantFrom('a', '"', ',', '[', ']', '\\', 'null', '\ud800') })
    const key = fc.record({
      issuer: part,
      application: part,
      audience: part,
      realm: part,
      user: fc.array(fc.option(part, { nil: undefined }), { maxLength: 5 }),
      kind: fc.constantFrom('app' as const, 'user+app' as const),
      keyId: part,
    })
    return fc.assert(
      fc.asyncProperty(key, key, async (first, second) => {
        const { take } = makeCache()
        const isSame = (await take(first)) === (await take(second))
        const equal = (one: unknown, other: unknown): boolean => {
          try {
            assert.deepEqual(one, other)
            return true
          } catch {
            return false
          }
        }
        assert.equal(isSame, equal(first, second))
      }),
    )
  })

  it('makes one token for all who ask at the same time', async () => {
    const { take, made } = makeCache()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => take()))
    assert.deepEqual(new Set(tokens), new Set(['token 1']))
    assert.equal(made(), 1)
  })

  const lives: readonly (readonly [lifetimeSeconds: number, keptSeconds: number])[] = [
    [3600, 3300],
    [601, 301],
    [600, 300],
    [60, 30],
  ]
  for (const [lifetimeSeconds, keptSeconds] of lives) {
    it(`keeps a token of ${lifetimeSeconds} seconds for ${keptSeconds}`, async () => {
      const { take, time } = makeCache()
      await take(base, lifetimeSeconds)
      time.advance(keptSeconds - 1)
      assert.equal(await take(base, lifetimeSeconds), 'token 1')
      time.advance(1)
      assert.equal(await take(base, lifetimeSeconds), 'token 2')
    })
  }

  it('gives a token that is expired already once, and keeps it for nobody else', async () => {
    const { take } = makeCache()
    assert.equal(await take(base, -1), 'token 1')
    assert.equal(await take(base, -1), 'token 2')
  })

  it('does not keep a failure', async () => {
    const { cache, take } = makeCache()
    const failing = Array.from({ length: 3 }, () => cache.get(base, () => Promise.reject(new Error('no'))))
    for (const one of failing) await assert.rejects(one, { message: 'no' })
    assert.equal(cache.size(), 0)
    assert.equal(await take(), 'token 1')
  })

  it('a failure that comes late takes no newer token away', async () => {
    const { cache, take } = makeCache({ maximumEntries: 1 })
    let fail = (_error: Error): void => undefined
    const slow = cache.get(base, () => new Promise<OutgoingToken>((_resolve, reject) => (fail = reject)))
    await take({ ...base, realm: 'other' })
    await take()
    fail(new Error('no'))
    await assert.rejects(slow, { message: 'no' })
    assert.equal(await take(), 'token 2')
  })

  it('forgets the token that was refused, and no other', async () => {
    const { cache, take } = makeCache()
    await take()
    cache.drop(base, 'token 0')
    cache.drop({ ...base, realm: 'other' }, 'token 1')
    assert.equal(await take(), 'token 1')
    cache.drop(base, 'token 1')
    assert.equal(await take(), 'token 2')
    cache.drop(base, 'token 1')
    assert.equal(await take(), 'token 2')
  })

  it('a token that is being made is not dropped', async () => {
    const { cache, take, made } = makeCache()
    const making = take()
    cache.drop(base, 'token 1')
    await Promise.all([making, take()])
    assert.equal(made(), 1)
  })

  it('keeps those that were used last', async () => {
    const { cache, take } = makeCache({ maximumEntries: 2 })
    const [a, b, c] = ['a', 'b', 'c'].map((realm) => ({ ...base, realm }))
    assert.deepEqual(
      [await take(a), await take(b), await take(a), await take(c)],
      ['token 1', 'token 2', 'token 1', 'token 3'],
    )
    assert.equal(cache.size(), 2)
    assert.equal(await take(a), 'token 1')
    assert.equal(await take(b), 'token 4')
  })

  it('lets a shorter skew be set', async () => {
    const { take, time } = makeCache({ skewSeconds: 10 })
    await take()
    time.advance(3589)
    assert.equal(await take(), 'token 1')
    assert.equal(time.clock(), NOW + 3589)
  })
})
