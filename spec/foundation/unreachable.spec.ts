import assert from 'node:assert/strict'
import { it } from 'node:test'
import { unreachable } from '../../lib/foundation/unreachable.ts'

it('says what cannot happen', () => {
  assert.match(unreachable('a list that is never empty is empty').message, /cannot happen: a list that is never empty/)
})
