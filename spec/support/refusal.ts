import assert from 'node:assert/strict'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import { S2SError } from '../../lib/foundation/errors.ts'

/** For `assert.throws` and `assert.rejects`: the code, and what the operator is told. */
export function refusal(code: ErrorCode, told?: RegExp | string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof S2SError, String(error))
    assert.equal(error.code, code, error.reason ?? error.message)
    if (typeof told === 'string') assert.equal(error.reason, told)
    else if (told !== undefined) assert.match(error.reason ?? '', told)
    return true
  }
}
