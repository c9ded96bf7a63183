import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestName } from '../../lib/foundation/nearest-name.ts'

const names = ['audience', 'algorithms', 'issuer', 'name', 'ca']

describe('the nearest name', () => {
  for (const { name, written, nearest } of [
    { name: 'a letter left out', written: 'audince', nearest: 'audience' },
    { name: 'a letter too many', written: 'issuers', nearest: 'issuer' },
    { name: 'another letter', written: 'algorithmz', nearest: 'algorithms' },
    { name: 'two neighbours swapped', written: 'nmae', nearest: 'name' },
    { name: 'other letter case', written: 'AUDIENCE', nearest: 'audience' },
    { name: 'two edits in a long name', written: 'algoritm', nearest: 'algorithms' },
    { name: 'the nearer of two', written: 'nam', nearest: 'name' },
    { name: 'two edits in a short name', written: 'nxxe', nearest: undefined },
    { name: 'another word', written: 'timeout', nearest: undefined },
    { name: 'nothing', written: '', nearest: undefined },
    { name: 'a very long word', written: 'audience'.repeat(10_000), nearest: undefined },
  ]) {
    it(`of ${name} is ${nearest ?? 'none'}`, () => {
      assert.equal(nearestName(written, names), nearest)
    })
  }
})
