import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { createOwnKeys } from '../../lib/keys/own-keys.ts'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import {
  createSigningKeys,
  readSigningKeys,
  type SigningKeys,
  type SigningKeysParts,
} from '../../lib/keys/signing-keys.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock, makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { makeSigningKey } from '../support/signing-keys.ts'

const day = 86_400
const keyPair = makeKeyPair('rsa2048')
const first = await makeSigningKey({ commonName: 'First', keyPair })
const second = await makeSigningKey({ commonName: 'Second', keyPair })
const third = await makeSigningKey({ commonName: 'Third', keyPair })
const fourth = await makeSigningKey({ commonName: 'Fourth', keyPair })
const elliptic = await makeSigningKey({ commonName: 'Elliptic', keyType: 'ec256' })
const expired = await makeSigningKey({ commonName: 'Expired', keyPair, notBefore: NOW - 2 * day, days: 2 })
const future = await makeSigningKey({ commonName: 'Future', keyPair, notBefore: NOW + 3 * day })
const short = await makeSigningKey({ commonName: 'Short', keyPair, notBefore: NOW, days: 1 })

interface World {
  readonly keys: SigningKeys
  readonly time: MovableClock
}

function makeKeys(parts: Partial<SigningKeysParts> = {}): World {
  const time = makeMovableClock()
  return { keys: createSigningKeys({ current: first, clock: time.clock, ...parts }), time }
}

function names(keys: SigningKeys): readonly string[] {
  return keys.published().map(({ certificate }) => certificate.subject.slice(3))
}

function assertRefused(step: () => unknown, why: RegExp): void {
  assert.throws(step, (error: unknown) => {
    assert.ok(error instanceof ConfigurationError)
    assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
    assert.match(error.reason ?? '', why)
    return true
  })
}

describe('signing keys', () => {
  it('are one key at first', () => {
    const { keys } = makeKeys()
    assert.equal(keys.current(), first)
    assert.deepEqual(keys.published(), [first])
    assert.deepEqual(keys.rollOver(), {})
  })

  it('are published as current, next, previous, and nobody can add to the list', () => {
    const { keys } = makeKeys({ next: second, previous: third })
    assert.deepEqual(names(keys), ['First', 'Second', 'Third'])
    assert.throws(() => (keys.published() as SigningKey[]).push(fourth), TypeError)
    assert.deepEqual(keys.rollOver(), { nextPublishedAt: NOW, switchedAt: NOW })
  })

  it('roll over by publishing, waiting, switching, waiting and retiring', () => {
    const { keys, time } = makeKeys()
    keys.publishNext(second)
    assert.deepEqual([keys.current(), names(keys)], [first, ['First', 'Second']])
    time.advance(day)
    keys.switchToNext()
    assert.deepEqual([keys.current(), names(keys)], [second, ['Second', 'First']])
    assert.deepEqual(keys.rollOver(), { switchedAt: NOW + day })
    time.advance(day + day / 2)
    keys.retirePrevious()
    assert.deepEqual([keys.current(), names(keys)], [second, ['Second']])
    assert.deepEqual(keys.rollOver(), {})
  })

  it('roll over again', () => {
    const { keys, time } = makeKeys({ publishSeconds: 10, longestTokenSeconds: 20 })
    for (const key of [second, third, first]) {
      keys.publishNext(key)
      time.advance(10)
      keys.switchToNext()
      time.advance(30)
      keys.retirePrevious()
      assert.deepEqual([keys.current(), keys.published()], [key, [key]])
    }
  })

  it('do not switch before partners know the next key, and say when', () => {
    const { keys, time } = makeKeys()
    keys.publishNext(second)
    time.advance(day - 1)
    assertRefused(
      keys.switchToNext,
      /partners may not know.*switchToNext\(\) is possible from 2027-01-02T00:30:00\.000Z on/,
    )
    assert.equal(keys.current(), first)
  })

  it('do not retire a key whose tokens still travel, and say when', () => {
    const { keys, time } = makeKeys({ next: second, nextPublishedAt: NOW - day })
    keys.switchToNext()
    time.advance(day + day / 2 - 1)
    assertRefused(keys.retirePrevious, /retirePrevious\(\) is possible from 2027-01-02T12:30:00\.000Z on/)
    assert.deepEqual(names(keys), ['Second', 'First'])
  })

  it('name a time at which the step is possible, also when the clock has fractions', () => {
    const time = makeMovableClock(NOW + 0.25)
    const keys = createSigningKeys({ current: first, next: second, clock: time.clock, publishSeconds: 1 })
    assertRefused(keys.switchToNext, /from 2027-01-01T00:30:02\.000Z on/)
  })

  it('do not switch to a certificate that is not valid yet', () => {
    const { keys, time } = makeKeys({ next: future })
    time.advance(3 * day - 1)
    assertRefused(keys.switchToNext, /not valid yet; switchToNext\(\) is possible from 2027-01-04T00:30:00\.000Z/)
    time.advance(1)
    keys.switchToNext()
    assert.equal(keys.current(), future)
  })

  it('do not switch to a certificate that has expired meanwhile', () => {
    const { keys, time } = makeKeys({ next: short })
    time.advance(day)
    assertRefused(keys.switchToNext, /certificate of the next signing key expired on 2027-01-02T00:30:00/)
    keys.publishNext(second)
    assert.deepEqual(names(keys), ['First', 'Second'])
  })

  it('do not switch while the previous key is still published', () => {
    const { keys } = makeKeys({ next: second, previous: third, publishSeconds: 0 })
    assertRefused(keys.switchToNext, /previous signing key is still published; call retirePrevious\(\) first/)
  })

  it('have no step without its key', () => {
    const { keys } = makeKeys()
    assertRefused(keys.switchToNext, /no next signing key; publish one with publishNext/)
    assertRefused(keys.retirePrevious, /no previous signing key/)
  })

  it('go on with a roll-over after a restart', () => {
    const { keys } = makeKeys({ next: second, nextPublishedAt: NOW - day })
    keys.switchToNext()
    const restarted = makeKeys({ current: second, previous: first, switchedAt: NOW - day - day / 2 }).keys
    restarted.retirePrevious()
    assert.deepEqual(names(restarted), ['Second'])
  })

  it('count from the start when nobody says when a key was published or switched to', () => {
    const { keys } = makeKeys({ next: second, previous: third })
    assertRefused(keys.retirePrevious, /possible from 2027-01-02T12:30/)
  })

  it('put another next key in place of one that never signed; its age starts anew', () => {
    const { keys, time } = makeKeys({ next: second })
    time.advance(day)
    keys.publishNext(third)
    assert.deepEqual(names(keys), ['First', 'Third'])
    assertRefused(keys.switchToNext, /possible from 2027-01-03T00:30/)
  })

  it('keep the age of a next key that is published once more', () => {
    const { keys, time } = makeKeys({ next: second })
    time.advance(day)
    keys.publishNext(second)
    keys.switchToNext()
    assert.equal(keys.current(), second)
  })

  it('may have an expired previous key: nobody signs with it', () => {
    assert.deepEqual(names(makeKeys({ previous: expired }).keys), ['First', 'Expired'])
  })

  const refused: readonly (readonly [string, Partial<SigningKeysParts>, RegExp])[] = [
    [
      'a current key that is not RSA',
      { current: elliptic },
      /^the current signing key signs ES256; S2S needs RSA.*generateSigningKey/,
    ],
    ['a next key that is not RSA', { next: elliptic }, /^the next signing key signs ES256/],
    ['a previous key that is not RSA', { previous: elliptic }, /^the previous signing key signs ES256/],
    [
      'an expired current key',
      { current: expired },
      /current signing key expired on 2027-01-01T00:30:00.*make another/,
    ],
    ['an expired next key', { next: expired }, /next signing key expired/],
    ['a current key that is not valid yet', { current: future }, /not valid before 2027-01-04.*give it as next/],
    ['a next key that is the current one', { next: first }, /next signing key has the certificate of another/],
    ['a previous key that is the current one', { previous: first }, /previous signing key has the certificate/],
    ['a next key that is the previous one', { next: second, previous: second }, /next signing key has the certificate/],
  ]
  for (const [name, parts, why] of refused) {
    it(`are refused: ${name}`, () => {
      assertRefused(() => makeKeys(parts), why)
    })
  }

  it('stay as they are when a key that may not be next is published', () => {
    const { keys } = makeKeys({ next: second })
    let changes = 0
    keys.onChange(() => (changes += 1))
    for (const key of [elliptic, expired, first]) assertRefused(() => { keys.publishNext(key) }, /next signing key/) // prettier-ignore
    assert.deepEqual([names(keys), changes], [['First', 'Second'], 0])
  })

  it('tell each step to whoever listens, until it no longer does', () => {
    const { keys, time } = makeKeys({ publishSeconds: 0, longestTokenSeconds: 1 })
    const told: (readonly string[])[] = []
    const listener = (): void => {
      told.push(names(keys))
    }
    const end = keys.onChange(listener)
    keys.onChange(listener)()
    keys.publishNext(second)
    keys.switchToNext()
    time.advance(1)
    keys.retirePrevious()
    end()
    keys.publishNext(third)
    assert.deepEqual(told, [['First', 'Second'], ['Second', 'First'], ['Second']])
  })

  it('do a step whatever a listener makes of it', async () => {
    const { keys } = makeKeys()
    const warning = new Promise<Error>((resolve) => process.once('warning', resolve))
    let calls = 0
    keys.onChange(() => {
      throw new Error('my mistake')
    })
    keys.onChange(() => (calls += 1))
    keys.publishNext(second)
    assert.deepEqual([names(keys), calls], [['First', 'Second'], 1])
    assert.match((await warning).message, /listener of signing keys failed: Error: my mistake/)
  })
})

describe('signing keys from options', async () => {
  const pair = await makeCertificate({ commonName: 'A', keyPair })
  const other = await makeCertificate({ commonName: 'B', keyPair })
  const old = await makeCertificate({ commonName: 'C', keyPair })
  const optionsOf = ({ privateKeyPem, certificatePem }: typeof pair): { privateKey: string; certificate: string } => ({
    privateKey: privateKeyPem,
    certificate: certificatePem,
  })
  const source = { clock: fixedClock, name: 'self.keys' }
  const current = optionsOf(pair)

  it('are one key', () => {
    assert.deepEqual(names(readSigningKeys({ current }, source)), ['A'])
  })

  it('are three keys in the middle of a roll-over', () => {
    const keys = readSigningKeys(
      {
        current,
        next: optionsOf(other),
        previous: optionsOf(old),
        publishSeconds: 100,
        longestTokenSeconds: 50,
        nextPublishedAt: NOW - 100,
        switchedAt: NOW - 150,
      },
      source,
    )
    assert.deepEqual(names(keys), ['A', 'B', 'C'])
    keys.retirePrevious()
    keys.switchToNext()
    assert.deepEqual(names(keys), ['B', 'A'])
  })

  const refused: readonly (readonly [string, object, string, RegExp])[] = [
    ['no current key', {}, 'ERR_S2S_OPTION_INVALID', /self\.keys\.current is missing/],
    ['an unknown option', { current, nxt: current }, 'ERR_S2S_OPTION_UNKNOWN', /self\.keys\.nxt .*`next`/],
    [
      'a time that is negative',
      { current, publishSeconds: -1 },
      'ERR_S2S_OPTION_INVALID',
      /self\.keys\.publishSeconds/,
    ],
    ['tokens that do not live', { current, longestTokenSeconds: 0 }, 'ERR_S2S_OPTION_INVALID', /longestTokenSeconds/],
    [
      'a key that is none',
      { current, next: { ...current, privateKey: 'x' } },
      'ERR_S2S_OPTION_INVALID',
      /self\.keys\.next\.privateKey cannot be read/,
    ],
    ['one key twice', { current, previous: current }, 'ERR_S2S_OPTION_INVALID', /previous signing key has the/],
  ]
  for (const [name, options, code, message] of refused) {
    it(`are refused: ${name}`, () => {
      assert.throws(() => readSigningKeys(options as never, source), { code, message })
    })
  }
})

describe('our own keys', async () => {
  const others = await Promise.all(['D', 'E'].map((commonName) => makeSigningKey({ commonName })))
  const [next, last] = others as [SigningKey, SigningKey]

  it('are those given and every one that was ever published, whatever certificate carries it', () => {
    const { keys, time } = makeKeys({ next, publishSeconds: 0, longestTokenSeconds: 1 })
    const own = createOwnKeys(['given'], keys)
    assert.deepEqual([...own], ['given', keyThumbprint(first.publicKey), keyThumbprint(next.publicKey)])
    keys.switchToNext()
    keys.publishNext(last)
    time.advance(1)
    keys.retirePrevious()
    assert.deepEqual([...own].slice(3), [keyThumbprint(last.publicKey)])
    assert.ok(own.has(keyThumbprint(second.publicKey)))
  })
})
