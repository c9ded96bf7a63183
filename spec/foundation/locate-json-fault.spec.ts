import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { locateJsonFault } from '../../lib/foundation/locate-json-fault.ts'
import { parseJsonObject } from '../../lib/foundation/parse-json.ts'

const missingValue = 'a value must stand here: a string in double quotes, a number, true, false, null, [...] or {...}'

describe('locateJsonFault', () => {
  for (const [name, text, place, message] of [
    ['an empty text', '', '1:1', 'the file must be one JSON object; begin it with {'],
    ['a list', '[]', '1:1', 'the file must be one JSON object; begin it with {'],
    ['a comma at the end', '{\n  "a": 1,\n}', '3:1', 'no comma may stand before }'],
    ['a comma at the end of a list', '{"a":[1,]}', '1:9', 'no comma may stand before ]'],
    ['no comma', '{\n  "a": 1\n  "b": 2\n}', '3:3', 'a comma or } must stand here'],
    ['no comma in a list', '{"a":[1 2]}', '1:9', 'a comma or ] must stand here'],
    ['no colon', '{"a" 1}', '1:6', 'a colon must follow "a"'],
    ['no value', '{"a":}', '1:6', missingValue],
    ['a word', '{"a": yes}', '1:7', missingValue],
    ['a number that is none', '{"a": 01}', '1:7', missingValue],
    ['a name without quotes', '{a: 1}', '1:2', 'a member begins with its name in double quotes'],
    ['single quotes', '{"a": \'x\'}', '1:7', 'strings are written with double quotes'],
    ['a comment', '{\n  // hello\n  "a": 1\n}', '2:3', 'JSON has no comments; remove it'],
    ['a comment for a value', '{"a": /* b */ 1}', '1:7', 'JSON has no comments; remove it'],
    ['an object that does not end', '{"a": 1', '1:8', 'a comma or } must stand here'],
    ['an object without anything', '{', '1:2', 'the text ends too early; } is missing'],
    ['a value that is not there', '{"a":', '1:6', 'the text ends too early; a value is missing'],
    ['a string that does not end', '{"a": "b', '1:7', 'a string that begins here has no end'],
    [
      'a line break in a string',
      '{"a": "b\nc"}',
      '1:9',
      'a string must not hold a line break, a control character or a lone \\',
    ],
    [
      'an escape that is none',
      '{"a": "\\x"}',
      '1:8',
      'a string must not hold a line break, a control character or a lone \\',
    ],
    [
      'a name that stands twice',
      '{\n "a": 1,\n "\\u0061": 2}',
      '3:2',
      '"a" stands twice in one object; remove one of them',
    ],
    ['a dangerous name', '{"__proto__": 1}', '1:2', 'a member must not be named __proto__'],
    ['text behind the object', '{} x', '1:4', 'nothing may stand behind the object'],
  ] as const) {
    it(`says where ${name} is, and what to write`, () => {
      const [line, column] = place.split(':').map(Number)
      assert.deepEqual(locateJsonFault(text), { line, column, message })
    })
  }

  it('finds a fault exactly where parseJsonObject finds one', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '"b"',
      '"',
      '\\',
      '1',
      '-',
      '.5',
      'e1',
      'true',
      'nul',
      ' ',
      '\n',
      '/',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 14 }).map((list) => list.join('')),
          fc.json(),
        ),
        (text) => {
          assert.equal(locateJsonFault(text) === undefined, isAccepted(text), text)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('finds one in whatever a valid text becomes when a character is lost', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const text = `{"a":${json}}`
        const broken = text.slice(0, at % text.length) + text.slice((at % text.length) + 1)
        assert.equal(locateJsonFault(broken) === undefined, isAccepted(broken), broken)
      }),
      { numRuns: 2000 },
    )
  })
})

function isAccepted(text: string): boolean {
  try {
    parseJsonObject(text)
    return true
  } catch {
    return false
  }
}
