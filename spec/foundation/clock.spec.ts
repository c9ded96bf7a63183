import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../lib/foundation/clock.ts'

it('counts seconds, not milliseconds', () => {
  assert.ok(Math.abs(systemClock() - Date.now() / 1000) < 1)
})
