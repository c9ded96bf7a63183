import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { readSuspendOptions, type SuspendOptions } from '../../lib/suspension/suspension.ts'
import { NOW } from '../support/clock.ts'

const day = 86_400
const read = (options: unknown): ReturnType<typeof readSuspendOptions> =>
  readSuspendOptions(options as SuspendOptions, 'the-id', NOW)

describe('readSuspendOptions', () => {
  const subjects: readonly object[] = [
    { issuer: 'login' },
    { application: 'reporting' },
    { user: 'dana@fabrikam.example' },
    { issuedBefore: NOW },
    { issuer: 'login', tokenId: 'the-jti' },
    { issuer: 'login', application: 'reporting' },
    { issuer: 'login', user: 'dana' },
    { issuer: 'login', issuedBefore: 0 },
    { application: 'reporting', issuedBefore: NOW - 5 },
    { issuer: 'login', user: 'dana', issuedBefore: NOW + day },
  ]
  for (const subject of subjects) {
    it(`takes ${JSON.stringify(subject)} for 30 days`, () => {
      const suspension = read({ ...subject, user: undefined, ...subject, reason: 'a leak' })
      assert.deepEqual(suspension, { id: 'the-id', ...subject, addedAt: NOW, expiresAt: NOW + 30 * day })
      assert.ok(Object.isFrozen(suspension))
    })
  }

  it('ends when it is told to, and after 366 days at the latest', () => {
    assert.equal(read({ issuer: 'login', durationSeconds: 60 }).expiresAt, NOW + 60)
    assert.equal(read({ issuer: 'login', durationSeconds: 366 * day }).expiresAt, NOW + 366 * day)
    for (const durationSeconds of [366 * day + 1, 0, -1, Infinity, NaN, '60', null]) {
      assert.throws(() => read({ issuer: 'login', durationSeconds }), ConfigurationError, String(durationSeconds))
    }
  })

  const refused: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{}, /names nothing; set issuer/],
    [undefined, /missing/],
    [{ durationSeconds: 5 }, /names nothing/],
    [{ application: 'a', user: 'u' }, /more than one/],
    [{ issuer: 'login', user: 'u', tokenId: 't' }, /more than one/],
    [{ tokenId: 't' }, /needs the issuer/],
    [{ issuer: 'login', tokenId: 't', issuedBefore: 5 }, /leave it out/],
    [{ issuer: '' }, /is empty/],
    [{ application: 'a'.repeat(1025) }, /at most 1024/],
    [{ issuer: ['login'] }, /must be a string/],
    [{ issuedBefore: NOW * 1000 }, /seconds since 1970/],
    [{ issuedBefore: '5' }, /must be a number/],
    [{ isuer: 'login' }, /did you mean `issuer`/],
    [{ issuer: 'login', reason: 5 }, /reason/],
  ]
  for (const [options, message] of refused) {
    it(`refuses ${inspect(options).slice(0, 60)}`, () => {
      assert.throws(
        () => read(options),
        (error) => error instanceof ConfigurationError && message.test(error.message),
      )
    })
  }
})
