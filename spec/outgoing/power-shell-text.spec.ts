import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { quoteForPowerShell } from '../../lib/outgoing/power-shell-text.ts'
import { readPowerShell } from '../support/power-shell.ts'
import { refusal } from '../support/refusal.ts'

describe('quoteForPowerShell', () => {
  const cases = [
    ['a plain text', 'Reports', "'Reports'"],
    ['an empty text', '', "''"],
    ['a quote', "Dana's", "'Dana''s'"],
    ['what means something in double quotes', '$(calc) `n "x"', `'$(calc) \`n "x"'`],
    ['a text that looks like a parameter', '-Force', "'-Force'"],
    ['curly quotes', '\u2018a\u2019', "('' + [char]0x2018 + 'a' + [char]0x2019)"],
    ['letters beyond ASCII', 'B\u00fcro', "('B' + [char]0xfc + 'ro')"],
    ['a character of two code units', '\u{1f600}', "('' + [char]0xd83d + [char]0xde00)"],
  ] as const
  for (const [name, text, printed] of cases) {
    it(`writes ${name}`, () => {
      assert.equal(quoteForPowerShell(text), printed)
    })
  }

  const refused = [
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a tabulator', 'a\tb'],
    ['a null', 'a\0b'],
    ['an escape', 'a\u001bb'],
    ['a next line', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['a change of direction', 'a\u202eb'],
    ['half of a pair', 'a\ud83db'],
  ] as const
  for (const [name, text] of refused) {
    it(`refuses ${name}, without printing it`, () => {
      assert.throws(() => quoteForPowerShell(text), refusal('ERR_S2S_OPTION_INVALID', /^[\x20-\x7e]*$/))
    })
  }

  const nasty = fc.constantFrom(
    ...['\u2018', '\u2019', '\u201a', '\u201b', '\u201c', '\u201d', '\u201e', "'", '"', '`', '$', '(', ')', ';', '|'],
    ...['&', '#', '<#', '#>', '{', '}', '@', "@'", '%', ' ', '-', '\u2013', '\u0452', '\u00a0', '\u3000', '\u{1f600}'],
    ...['; Remove-Item C:\\', '$(Stop-Computer)', "' + (calc) + '", '[char]0x27'],
  )
  const texts = fc.array(fc.oneof(nasty, fc.string({ unit: 'grapheme', maxLength: 4 }))).map((parts) => parts.join(''))

  it('whatever a text is, PowerShell reads this text and nothing else, in every code page, or it is refused', () => {
    let written = 0
    fc.assert(
      fc.property(texts, (text) => {
        let printed: string
        try {
          printed = quoteForPowerShell(text)
        } catch {
          assert.match(text, /[\p{C}\p{Zl}\p{Zp}]/u)
          return
        }
        written += 1
        assert.match(printed, /^[\x20-\x7e]+$/)
        assert.deepEqual(readPowerShell(`Do-This -Name ${printed} -Last`), ['Do-This', '-Name', { text }, '-Last'])
      }),
      { numRuns: 2000 },
    )
    assert.ok(written > 500)
  })
})
