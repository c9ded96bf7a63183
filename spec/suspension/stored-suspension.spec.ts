import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readStoredSuspension, writeSuspension } from '../../lib/suspension/stored-suspension.ts'
import { NOW } from '../support/clock.ts'
import { suspensionOf } from '../support/suspensions.ts'

const id = 'the-id'
const whole = suspensionOf({ id, issuer: 'login', user: 'dana' })

describe('readStoredSuspension', () => {
  it('reads what writeSuspension writes, to the letter', () => {
    for (const suspension of [
      whole,
      suspensionOf({ id, issuer: 'login' }),
      suspensionOf({ id, issuer: 'login', tokenId: 't', exposed: true }),
      suspensionOf({ id, application: 'a', issuedBefore: NOW }),
    ]) {
      const read = readStoredSuspension(id, writeSuspension(suspension))
      assert.deepEqual(read, suspension)
      assert.ok(Object.isFrozen(read))
      assert.equal(writeSuspension(read), writeSuspension(suspension))
    }
  })

  const others: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['an empty text', ''],
    ['no JSON', 'suspended'],
    ['a list', '[]'],
    ['an object that is not a text', whole],
    ['one without a subject', JSON.stringify({ ...whole, issuer: undefined, user: undefined })],
    ['one without an end', JSON.stringify({ ...whole, expiresAt: undefined })],
    ['one that never ends', JSON.stringify(whole).replace(String(whole.expiresAt), '1e999')],
    ['one that ends after more than 366 days', JSON.stringify({ ...whole, expiresAt: NOW + 367 * 86_400 })],
    ['one with two subjects', JSON.stringify({ ...whole, application: 'a' })],
    ['one with a member more', JSON.stringify({ ...whole, except: 'dana' })],
    ['one with a member twice', JSON.stringify(whole).replace('{', '{"user":"nobody",')],
    ['one with a subject of another type', JSON.stringify({ ...whole, user: ['dana'] })],
    ['one of another id', JSON.stringify({ ...whole, id: 'another' })],
    ['one with a list within', JSON.stringify({ ...whole, user: { id: 'dana' } })],
    ['a text that is too long', `${JSON.stringify(whole)}${' '.repeat(20_000)}`],
    ['one with __proto__', JSON.stringify(whole).replace('{', '{"__proto__":1,')],
  ]
  for (const [name, text] of others) {
    it(`does not read ${name}`, () => {
      assert.equal(readStoredSuspension(id, text), undefined)
    })
  }
})
