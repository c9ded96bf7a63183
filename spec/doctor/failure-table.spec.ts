import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failureTable } from '../../lib/doctor/failure-table.ts'
import { errorCodes } from '../../lib/foundation/error-codes.ts'

describe('failureTable', () => {
  it('is complete over all codes, and has no other', () => {
    assert.deepEqual(Object.keys(failureTable).sort(), Object.keys(errorCodes).sort())
  })

  for (const [code, causes] of Object.entries(failureTable)) {
    it(`${code} has causes and fixes in the form that sentences need`, () => {
      for (const { cause, fix } of causes) {
        for (const text of [cause, fix]) {
          assert.match(text, /^["a-z]/i)
          assert.doesNotMatch(text, /[.\n|]$|\n|\|/)
        }
        assert.ok(/^[a-z]/.test(fix), `${fix} is no imperative in lower case`)
      }
    })
  }

  it('says no cause twice for one code', () => {
    for (const causes of Object.values(failureTable)) {
      assert.equal(new Set(causes.map(({ cause }) => cause)).size, causes.length)
    }
  })
})
