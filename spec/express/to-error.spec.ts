import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { toError } from '../../lib/express/to-error.ts'

describe('toError', () => {
  it('leaves an error as it is', () => {
    const error = new TypeError('a bug')
    assert.equal(toError(error), error)
  })

  for (const thrown of [undefined, null, false, 0, '', 'route', 'router', 'a text', { message: 'a text' }]) {
    it(`makes an error of ${inspect(thrown)} and keeps it as cause`, () => {
      const error = toError(thrown)
      assert.ok(error instanceof Error)
      assert.equal(error.message, 'what was thrown is not an Error')
      assert.equal(error.cause, thrown)
    })
  }
})
