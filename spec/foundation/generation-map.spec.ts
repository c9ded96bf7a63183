import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createGenerationMap } from '../../lib/foundation/generation-map.ts'

describe('createGenerationMap', () => {
  it('keeps what is used and drops the older half of the rest', () => {
    const map = createGenerationMap<number>(4)
    for (const [index, name] of ['a', 'b', 'c'].entries()) map.set(name, index)
    assert.equal(map.get('a'), 0)
    map.set('d', 3)
    map.set('e', 4)
    assert.equal(map.get('a'), 0)
    assert.equal(map.get('e'), 4)
    assert.equal(map.get('b'), undefined)
    assert.ok(map.size() <= 4)
  })

  it('deletes in both halves, one by one and by a question', () => {
    const map = createGenerationMap<number>(4)
    for (const [index, name] of ['a', 'b', 'c'].entries()) map.set(name, index)
    map.delete('a')
    map.delete('c')
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size()], [undefined, 1, undefined, 1])
    map.forget((value) => value === 1)
    assert.equal(map.size(), 0)
  })
})
