import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { printDuration, printTime } from '../../lib/doctor/print-duration.ts'

describe('printDuration', () => {
  for (const [seconds, text] of [
    [0, '0 seconds'],
    [1, '1 second'],
    [-59, '59 seconds'],
    [60, '1 minute'],
    [540, '9 minutes'],
    [7200, '2 hours'],
    [86_400, '1 day'],
    [200_000, '2 days'],
  ] as const) {
    it(`${seconds} is ${text}`, () => {
      assert.equal(printDuration(seconds), text)
    })
  }
})

describe('printTime', () => {
  it('prints a time, and what is none as a number', () => {
    assert.equal(printTime(1_798_763_400), '2027-01-01T00:30:00Z')
    assert.equal(printTime(1e300), '1e+300')
    assert.equal(printTime(Infinity), 'Infinity')
  })
})
