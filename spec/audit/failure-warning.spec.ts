import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFailureWarning } from '../../lib/audit/failure-warning.ts'
import { makeMovableClock } from '../support/clock.ts'

describe('createFailureWarning', () => {
  it('warns at most once a minute, whatever was thrown', (test) => {
    const emitted = test.mock.method(process, 'emitWarning', () => undefined)
    const { clock, advance } = makeMovableClock()
    const warn = createFailureWarning('something was lost', { code: 'S2S_SPEC', clock })
    warn(new TypeError('first'))
    warn(new TypeError('not told'))
    advance(60)
    warn('no Error at all')
    const options = { type: 'PassportS2SWarning', code: 'S2S_SPEC' }
    assert.deepEqual(
      emitted.mock.calls.map(({ arguments: given }) => given),
      [
        ['something was lost (TypeError: first)', options],
        ['something was lost (what was thrown is not an Error)', options],
      ],
    )
  })
})
