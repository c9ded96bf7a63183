import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KeySet } from '../../lib/keys/key-set.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createVerifiedTokenCache, nameOfToken, type TokenSender } from '../../lib/verification/verified-token-cache.ts'
import type { VerifiedToken } from '../../lib/verification/verified-token.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'

const token = `${'h'.repeat(40)}.${'p'.repeat(300)}.${'s'.repeat(300)}`

interface CacheStory {
  readonly times?: Partial<Pick<VerifiedToken, 'issuedAt' | 'startsAt' | 'expiresAt'>>
  readonly keyDates?: { readonly usableFrom?: number; readonly usableUntil?: number }
  readonly maximumEntries?: number
}

/** A cache with one token in it, and everything that can change around it. */
function cacheWith({ times, keyDates, maximumEntries }: CacheStory = {}) {
  const { clock, advance } = makeMovableClock()
  const keySet: KeySet = {
    keys: [],
    findKey: () => {
      throw new Error('no key is looked for')
    },
  }
  const held = { current: keySet as KeySet | Promise<KeySet> }
  const keys = { ...oauthTrustedIssuer().keys, current: () => held.current }
  const issuer = oauthTrustedIssuer({ keys })
  const trusted = new Set<TrustedIssuer>([issuer])
  const cache = createVerifiedTokenCache<TokenSender & { readonly name: string }>(
    maximumEntries === undefined ? {} : { maximumEntries },
    { clock, issuers: { has: (given) => trusted.has(given) } },
  )
  const verified = {
    format: 'jwt',
    issuer,
    issuedAt: NOW,
    startsAt: NOW,
    expiresAt: NOW + 3600,
    ...times,
    found: { keySet, key: { ...keyDates } },
  } as unknown as VerifiedToken
  const keep = (text: string, name = 'sender', tokenHash?: string): void => {
    cache.keep(nameOfToken(text), { verified, sender: { issuer, name }, tokenHash })
  }
  keep(token)
  const find = (text: string): ReturnType<typeof cache.find> => cache.find(nameOfToken(text))
  return { find, size: cache.size, forget: cache.forget, keep, advance, held, keySet, issuer, trusted }
}

describe('createVerifiedTokenCache', () => {
  it('finds exactly the token that was kept, with its times', () => {
    const { find, issuer } = cacheWith()
    const found = find(token)
    assert.deepEqual([found?.sender, found?.issuedAt, found?.expiresAt], [{ issuer, name: 'sender' }, NOW, NOW + 3600])
  })

  it('finds no token that differs in one character, wherever it is', () => {
    const { find } = cacheWith()
    for (let at = 0; at < token.length; at += 1) {
      const other = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1)
      assert.equal(find(other), undefined)
    }
    for (const other of [`${token} `, ` ${token}`, `${token}=`, token.slice(0, -1), token.toUpperCase(), '']) {
      assert.equal(find(other), undefined)
    }
  })

  it('tells characters apart that are one byte in another encoding', () => {
    const { find, keep } = cacheWith()
    keep('A')
    for (const other of ['\u0141', '\u0241', '\uff21', 'A\u0301']) assert.equal(find(other), undefined)
  })

  const longest = { times: { issuedAt: undefined, startsAt: 0, expiresAt: NOW + 86_400 } }
  const times: readonly [name: string, story: CacheStory, now: number, isFound: boolean][] = [
    ['before it ends', {}, NOW + 3600, true],
    ['in the last second of the tolerance', {}, NOW + 3659, true],
    ['when the tolerance is over', {}, NOW + 3660, false],
    ['when a fraction of a second is left', { times: { expiresAt: NOW + 0.5 } }, NOW + 60, false],
    ['when the clock was set back, within the tolerance', {}, NOW - 60, true],
    ['when the clock was set back further', {}, NOW - 61, false],
    ['that says no beginning, when the clock was set back so far that it would live too long', longest, NOW - 1, false],
    ['that says no beginning, as long as it does not live too long', longest, NOW, true],
    ['when its certificate has ended', { keyDates: { usableUntil: NOW + 10 } }, NOW + 10, false],
    ['while its certificate lasts', { keyDates: { usableUntil: NOW + 10 } }, NOW + 9, true],
    ['before its certificate began', { keyDates: { usableFrom: NOW - 5 } }, NOW - 6, false],
  ]
  for (const [name, story, now, isFound] of times) {
    it(`${isFound ? 'finds' : 'does not find'} a token ${name}`, () => {
      const { find, advance } = cacheWith(story)
      advance(now - NOW)
      assert.equal(find(token) !== undefined, isFound)
    })
  }

  it('finds nothing once the issuer has other keys, also while they are on their way', () => {
    for (const other of [{ keys: [], findKey: () => assert.fail() }, new Promise<KeySet>(() => undefined)]) {
      const { find, held, keySet } = cacheWith()
      held.current = other
      assert.equal(find(token), undefined)
      held.current = keySet
      assert.equal(find(token), undefined, 'it was dropped for good')
    }
  })

  it('leaves no rejection that nobody handles when the keys cannot be had', async () => {
    const { find, held } = cacheWith()
    const unhandled: unknown[] = []
    const listen = (reason: unknown): void => {
      unhandled.push(reason)
    }
    process.on('unhandledRejection', listen)
    held.current = Promise.reject(new Error('no network'))
    assert.equal(find(token), undefined)
    await new Promise(setImmediate)
    process.off('unhandledRejection', listen)
    assert.deepEqual(unhandled, [])
  })

  it('finds nothing of an issuer that is not trusted any more', () => {
    const { find, size, trusted } = cacheWith()
    trusted.clear()
    assert.equal(find(token), undefined)
    assert.equal(size(), 0)
  })

  it('keeps no more than it may, and those that are used longest', () => {
    const { find, size, keep } = cacheWith({ maximumEntries: 100 })
    for (let number = 0; number < 1000; number += 1) {
      keep(`token ${number}`)
      assert.ok(find(token) !== undefined, 'a token that is used stays')
      assert.ok(size() <= 100)
    }
    assert.equal(find('token 5'), undefined)
    assert.equal(find('token 999')?.sender.name, 'sender')
  })

  it('keeps as many as it may, and drops the older half for one more', () => {
    const { find, size, keep } = cacheWith({ maximumEntries: 100 })
    for (let number = 2; number <= 100; number += 1) keep(`token ${number}`)
    assert.equal(size(), 100)
    keep('token 101')
    assert.equal(size(), 51)
    for (let number = 51; number <= 101; number += 1) assert.ok(find(`token ${number}`))
    assert.equal(find(token), undefined)
    assert.equal(find('token 50'), undefined)
  })

  it('is not filled by tokens that are only looked for', () => {
    const { find, size } = cacheWith({ maximumEntries: 2 })
    for (let number = 0; number < 1000; number += 1) find(`forged ${number}`)
    assert.ok(find(token) !== undefined)
    assert.equal(size(), 1)
  })

  it('keeps nothing when it may keep nothing', () => {
    const { find, size } = cacheWith({ maximumEntries: 0 })
    assert.equal(find(token), undefined)
    assert.equal(size(), 0)
  })

  it('forgets one signed token in all its spellings, in both halves, or everything', () => {
    const { find, size, keep, forget } = cacheWith({ maximumEntries: 6 })
    for (const [text, tokenHash] of [['A', 'one'], ['B', 'two'], ['C', 'one'], ['D', 'one']] as const) keep(text, text, tokenHash) // prettier-ignore
    forget('one')
    assert.deepEqual(
      ['A', 'B', 'C', 'D'].map((text) => find(text)?.sender.name),
      [undefined, 'B', undefined, undefined],
    )
    assert.ok(find(token), 'one whose hash nobody kept')
    forget()
    assert.equal(size(), 0)
  })
})

describe('nameOfToken', () => {
  it('is the SHA-256 of the token, which has 256 bits in any letter', () => {
    assert.equal(nameOfToken('abc'), 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
  })
})
