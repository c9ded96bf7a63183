import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createNonces } from '../../lib/binding/nonces.ts'
import { NOW } from '../support/clock.ts'

const nonces = createNonces({ secret: 'one', lifetimeSeconds: 300 })
/** The beginning of a window. */
const start = Math.floor(NOW / 150) * 150

describe('createNonces', () => {
  it('accepts a nonce for its lifetime at least, for half as long again at most, and says when it ages', () => {
    const standing = (madeAt: number, now: number): unknown => nonces.judge(nonces.current(start + madeAt), start + now)
    for (const madeAt of [0, 75, 149.9]) {
      assert.equal(standing(madeAt, madeAt), 'current')
      assert.equal(standing(madeAt, 149.9), 'current')
      assert.equal(standing(madeAt, 150), 'ageing')
      assert.equal(standing(madeAt, 449.9), 'ageing')
      assert.equal(standing(madeAt, 450), undefined)
      assert.equal(standing(madeAt, -1), 'current', 'of a server whose clock is ahead')
      assert.equal(standing(madeAt, -151), undefined)
    }
  })

  it('knows its own only', () => {
    const other = createNonces({ secret: 'other', lifetimeSeconds: 300 })
    const nonce = nonces.current(NOW)
    assert.equal(createNonces({ secret: 'one', lifetimeSeconds: 300 }).judge(nonce, NOW), 'current')
    const [number = '', mac = ''] = nonce.split('.')
    const next = (Number.parseInt(number, 36) + 1).toString(36)
    for (const wrong of [
      other.current(NOW),
      `${next}.${mac}`,
      mac,
      `.${mac}`,
      `${nonce}.`,
      nonce.slice(1),
      ` ${nonce}`,
      `0${nonce}`,
      nonce.toUpperCase(),
      '',
      undefined,
      null,
      7,
      [nonce],
      {},
    ]) {
      assert.equal(nonces.judge(wrong, NOW), undefined, JSON.stringify(wrong))
    }
  })

  it('is made of characters that a header and RFC 9449 allow', () => {
    assert.match(nonces.current(NOW), /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/)
  })
})
