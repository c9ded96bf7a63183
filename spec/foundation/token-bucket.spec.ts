import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTokenBucket, type TokenBucket } from '../../lib/foundation/token-bucket.ts'
import { makeMovableClock } from '../support/clock.ts'

function takeUpTo(bucket: TokenBucket, attempts: number): number {
  return Array.from({ length: attempts }, () => bucket.take()).filter(Boolean).length
}

describe('the token bucket', () => {
  it('gives its capacity at once and then nothing', () => {
    const { clock } = makeMovableClock()
    assert.equal(takeUpTo(createTokenBucket({ capacity: 3, refillSeconds: 10, clock }), 200), 3)
  })

  for (const { name, seconds, given } of [
    { name: 'nothing just before a refill', seconds: 9.9, given: 0 },
    { name: 'one at the refill', seconds: 10, given: 1 },
    { name: 'two after two refills and a half', seconds: 25, given: 2 },
    { name: 'never more than its capacity', seconds: 86_400, given: 3 },
    { name: 'nothing when the clock is set back', seconds: -3600, given: 0 },
  ]) {
    it(`gives ${name}`, () => {
      const { clock, advance } = makeMovableClock()
      const bucket = createTokenBucket({ capacity: 3, refillSeconds: 10, clock })
      takeUpTo(bucket, 3)
      advance(seconds)
      assert.equal(takeUpTo(bucket, 200), given)
    })
  }

  it('does not lose the part of a refill that has passed', () => {
    const { clock, advance } = makeMovableClock()
    const bucket = createTokenBucket({ capacity: 3, refillSeconds: 10, clock })
    takeUpTo(bucket, 3)
    advance(15)
    assert.equal(takeUpTo(bucket, 5), 1)
    advance(5)
    assert.equal(takeUpTo(bucket, 5), 1)
  })

  it('says whether it is empty, and counts nothing for that', () => {
    const { clock, advance } = makeMovableClock()
    const bucket = createTokenBucket({ capacity: 1, refillSeconds: 10, clock })
    assert.deepEqual([bucket.isEmpty(), bucket.isEmpty(), bucket.take()], [false, false, true])
    assert.equal(bucket.isEmpty(), true)
    advance(10)
    assert.equal(bucket.isEmpty(), false)
  })

  it('refills within one refill time after the clock was set back', () => {
    const { clock, advance } = makeMovableClock()
    const bucket = createTokenBucket({ capacity: 3, refillSeconds: 10, clock })
    takeUpTo(bucket, 3)
    advance(-3600)
    bucket.take()
    advance(10)
    assert.equal(takeUpTo(bucket, 5), 1)
  })
})
