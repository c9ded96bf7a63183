import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseJsonObject } from '../../lib/foundation/parse-json.ts'

const backslash = '\\'

describe('parseJsonObject accepts', () => {
  for (const { name, text } of [
    { name: 'an empty object', text: '{}' },
    { name: 'white space around it', text: ' \t\r\n{ "a" : 1 } ' },
    { name: 'colons, braces and quotes inside strings', text: '{"a:{[":"b:}]{\\"c\\":1"}' },
    { name: 'a string that ends in an escaped backslash', text: `{"a":"x${backslash}${backslash}","b":1}` },
    { name: 'a string of many backslashes and a quote', text: `{"a":"${backslash.repeat(7)}"","b":2}` },
    { name: 'one name in different objects', text: '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}' },
    { name: 'names of the object prototype', text: '{"constructor":1,"toString":2,"hasOwnProperty":3}' },
    { name: 'numbers as names', text: '{"1":1,"01":2,"1.0":3}' },
    { name: 'names that differ by letter case', text: '{"a":1,"A":2}' },
    { name: 'an empty name', text: '{"":1}' },
    { name: 'escaped slashes and code points', text: '{"\\u0061":"\\/\\ud83d\\ude00"}' },
    { name: 'lists of plain values and null', text: '{"a":[1,"x",null,true,[],{}],"b":null}' },
  ]) {
    it(name, () => {
      assert.deepEqual(parseJsonObject(text), JSON.parse(text))
    })
  }

  it('a text of exactly the greatest length and depth', () => {
    assert.deepEqual(parseJsonObject('{"a":[]}', { maximumLength: 8, maximumDepth: 2 }), { a: [] })
    const nested = `${'{"a":'.repeat(31)}{}${'}'.repeat(31)}`
    assert.deepEqual(parseJsonObject(nested), JSON.parse(nested))
  })
})

describe('parseJsonObject refuses', () => {
  for (const { name, text, message } of [
    { name: 'an empty text', text: '', message: 'the text is not JSON' },
    { name: 'what is not JSON', text: '{a:1}', message: 'the text is not JSON' },
    { name: 'an HTML page', text: '<!doctype html><p class="x">hello</p>', message: 'the text is not JSON' },
    { name: 'bytes after the object', text: '{"a":1}x', message: 'the text is not JSON' },
    { name: 'a second object', text: '{"a":1}{"b":1}', message: 'the text is not JSON' },
    { name: 'a byte order mark', text: '\ufeff{"a":1}', message: 'the text is not JSON' },
    { name: 'a NUL at the end', text: '{"a":1}\0', message: 'the text is not JSON' },
    { name: 'a comment', text: '{"a":1/*"b":2*/}', message: 'the text is not JSON' },
    { name: 'a comma at the end', text: '{"a":1,}', message: 'the text is not JSON' },
    { name: 'a string without an end', text: '{"a":"b', message: 'the text is not JSON' },
    { name: 'a string whose last quote is escaped', text: `{"a":"b${backslash}"}`, message: 'the text is not JSON' },
    { name: 'a list', text: '[{"a":1}]', message: 'the JSON text is not an object' },
    { name: 'null', text: 'null', message: 'the JSON text is not an object' },
    { name: 'a string', text: '"a:b"', message: 'the JSON text is not an object' },
    { name: 'a number', text: '1', message: 'the JSON text is not an object' },
    {
      name: 'a member name that occurs twice',
      text: '{"a":1,"a":2}',
      message: 'a member name occurs twice in one JSON object',
    },
    {
      name: 'a name that occurs twice with equal values',
      text: '{"a":1,"b":2,"a":1}',
      message: 'a member name occurs twice in one JSON object',
    },
    {
      name: 'a duplicate that is spelt with an escape',
      text: '{"a":1,"\\u0061":2}',
      message: 'a member name occurs twice in one JSON object',
    },
    {
      name: 'a duplicate deep inside',
      text: '{"x":[{"y":{"a":1,"a":2}}]}',
      message: 'a member name occurs twice in one JSON object',
    },
    {
      name: 'a duplicate whose first value is an object',
      text: '{"a":{"b":1,"c":2},"a":{}}',
      message: 'a member name occurs twice in one JSON object',
    },
    {
      name: 'a member named __proto__',
      text: '{"__proto__":{"admin":true}}',
      message: 'a JSON member is named __proto__',
    },
    {
      name: '__proto__ spelt with an escape, deep inside',
      text: '{"x":[{"\\u005f_proto__":1}]}',
      message: 'a JSON member is named __proto__',
    },
    {
      name: 'too deep a nesting',
      text: `${'{"a":'.repeat(32)}{}${'}'.repeat(32)}`,
      message: 'the JSON text is nested too deeply',
    },
    { name: 'a hundred thousand brackets', text: '['.repeat(100_000), message: 'the JSON text is nested too deeply' },
    {
      name: 'closing brackets that hide the depth',
      text: `${']'.repeat(50)}${'['.repeat(60)}`,
      message: 'the text is not JSON',
    },
    { name: 'too long a text', text: `{"a":"${'x'.repeat(512 * 1024)}"}`, message: 'the JSON text is too long' },
  ]) {
    it(name, () => {
      assert.throws(() => parseJsonObject(text), { name: 'SyntaxError', message })
    })
  }

  it('what is longer or deeper than it was told', () => {
    assert.throws(() => parseJsonObject('{"a":1}', { maximumLength: 6 }), { message: 'the JSON text is too long' })
    assert.throws(() => parseJsonObject('{"a":[]}', { maximumDepth: 1 }), {
      message: 'the JSON text is nested too deeply',
    })
  })

  it('without repeating any of the text', () => {
    try {
      parseJsonObject('{"secret-token"')
      assert.fail('accepted')
    } catch (error) {
      assert.doesNotMatch(JSON.stringify([String(error), (error as Error).cause, (error as Error).message]), /secret/)
    }
  })
})

describe('parseJsonObject, whatever the object,', () => {
  const object = fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
  )

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify(value, undefined, space)
        assert.deepEqual(parseJsonObject(text), JSON.parse(text))
      }),
    )
  })

  it('refuses it with any of its members repeated', () => {
    fc.assert(
      fc.property(object, fc.jsonValue({ maxDepth: 2 }), (value, second) => {
        const [name] = Object.keys(value)
        fc.pre(name !== undefined)
        const members = JSON.stringify(value).slice(1, -1)
        const repeated = `{${members},${JSON.stringify(name)}:${JSON.stringify(second)}}`
        assert.throws(() => parseJsonObject(repeated), SyntaxError)
      }),
    )
  })

  it('throws a SyntaxError or agrees with JSON.parse on any text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[{}[\]":,\\a1 ]{0,24}$/), (text) => {
        try {
          assert.deepEqual(parseJsonObject(text), JSON.parse(text))
        } catch (error) {
          assert.equal((error as Error).name, 'SyntaxError')
        }
      }),
    )
  })
})
