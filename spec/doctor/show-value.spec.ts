import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createShowValue } from '../../lib/doctor/show-value.ts'

const token = 'eyJhbGciOiJSUzI1NiJ9.c29tZXRoaW5nIHRoYXQgaXMgc2lnbmVk.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw'
const show = createShowValue([token])

describe('createShowValue', () => {
  for (const [name, value, shown] of [
    ['nothing', undefined, 'nothing'],
    ['a text', 'reports.read', '"reports.read"'],
    ['a number', 7, '7'],
    ['null', null, 'null'],
    ['an object', { a: 1 }, 'an object'],
    ['a list', ['a', 1, {}], '["a", 1, an object]'],
    ['a long list', ['a', 'b', 'c', 'd', 'e', 'f'], '["a", "b", "c", "d", "e", …]'],
    ['line breaks and marks that turn text around', 'a\r\nb\u202ec', '"a  b c"'],
    ['a long text', 'ab'.repeat(500), `"${'ab'.repeat(500).slice(0, 159)}…`],
    ['the signature', token.split('.')[2], '"…"'],
    ['a part of the token within other text', `x ${token.slice(30, 50)} y`, '"x … y"'],
    ['the token in a list', [token], '["…"]'],
    ['another token', 'eyJhbGciOiJub25lIn0.e30.', '"…"'],
  ] as const) {
    it(`prints ${name}`, () => {
      assert.equal(show(value), shown)
    })
  }

  it('prints nothing of the token, however a claim cuts it up', () => {
    for (let start = 0; start < token.length - 12; start += 1) {
      const part = token.slice(start, start + 12)
      assert.ok(!show(`a${part}b`).includes(part))
    }
  })
})
