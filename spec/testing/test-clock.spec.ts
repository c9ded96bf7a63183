import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../lib/foundation/clock.ts'
import { createTestClock, standsStill } from '../../lib/testing/test-clock.ts'

it('a test clock stands still until it is told to move', () => {
  const clock = createTestClock(100)
  assert.equal(clock(), 100)
  clock.advance(5)
  clock.advance(-2)
  assert.equal(clock(), 103)
  assert.equal(createTestClock()(), createTestClock()())
  assert.ok(standsStill(clock))
  assert.ok(!standsStill(systemClock))
})
