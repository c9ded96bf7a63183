import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inLowerCase } from '../../lib/foundation/lower-case.ts'

describe('inLowerCase', () => {
  it('makes letters small, also those outside of ASCII', () => {
    assert.equal(inLowerCase('DANA.ÅSTRÖM@Fabrikam.Example'), 'dana.åström@fabrikam.example')
  })

  for (const [character, like] of [
    ['\u212a', 'k'],
    ['\u212b', 'å'],
    ['\u2126', 'ω'],
    ['\u0130', 'i\u0307'],
  ] as const) {
    it(`never turns U+${character.charCodeAt(0).toString(16)} into ${like}`, () => {
      assert.equal(character.toLowerCase(), like)
      assert.equal(inLowerCase(`A${character}B`), `a${character}b`)
    })
  }
})
