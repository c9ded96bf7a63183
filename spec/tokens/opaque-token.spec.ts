import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkOpaqueToken, isOpaqueToken } from '../../lib/tokens/opaque-token.ts'
import { refusal } from '../support/refusal.ts'

describe('opaque tokens', () => {
  const forms: readonly (readonly [text: string, isOpaque: boolean])[] = [
    ['', true],
    ['abc', true],
    ['ory_at_abc.def', true],
    ['.', true],
    ['a.b.c', false],
    ['..', false],
    ['v4.local.abc.footer', false],
    ['a.b.c.d.e', false],
  ]
  for (const [text, isOpaque] of forms) {
    it(`${isOpaque ? 'are' : 'are not'} texts like "${text}"`, () => {
      assert.equal(isOpaqueToken(text), isOpaque)
    })
  }

  it('have 20 characters to 12 KiB of b64token', () => {
    for (const text of ['a'.repeat(20), 'a'.repeat(12 * 1024), 'AZaz09-._~+/AZaz09-._~+/==']) checkOpaqueToken(text)
    assert.throws(() => { checkOpaqueToken('a'.repeat(19)) }, refusal('ERR_S2S_TOKEN_MALFORMED', /could be guessed/)) // prettier-ignore
    assert.throws(() => { checkOpaqueToken('a'.repeat(12 * 1024 + 1)) }, refusal('ERR_S2S_TOKEN_TOO_LARGE')) // prettier-ignore
    for (const odd of [' ', '\n', '\u0000', 'ä', '"', ',', '=a', '%20']) {
      assert.throws(() => { checkOpaqueToken(`aaaaaaaaaaaaaaaaaaaa${odd}`) }, refusal('ERR_S2S_TOKEN_MALFORMED')) // prettier-ignore
    }
  })
})
