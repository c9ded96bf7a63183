import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenError } from '../../lib/foundation/errors.ts'
import { createHeaderReader } from '../../lib/tokens/unverified-token.ts'
import { encodePart } from '../support/tokens.ts'

describe('a reader of headers', () => {
  it('gives one frozen header for one text', () => {
    const readHeader = createHeaderReader()
    const text = encodePart({ alg: 'RS256', kid: 'a' })
    const header = readHeader(text)
    assert.deepEqual(header, { alg: 'RS256', kid: 'a' })
    assert.ok(Object.isFrozen(header))
    assert.equal(readHeader(text), header)
  })

  it('never takes one spelling of a header for another', () => {
    const readHeader = createHeaderReader()
    const text = encodePart({ alg: 'RS256', kid: 'ab' })
    readHeader(text)
    for (let index = 0; index < text.length; index += 1) {
      for (const character of ['A', 'z', '=', '+', ' ', 'Ł']) {
        const other = text.slice(0, index) + character + text.slice(index + 1)
        if (other === text) continue
        assert.deepEqual(outcomeOf(readHeader, other), outcomeOf(createHeaderReader(), other), other)
      }
    }
  })

  it('refuses a bad header each time', () => {
    const readHeader = createHeaderReader()
    const text = encodePart({ alg: 'RS256', jku: 'https://elsewhere.example' })
    for (let time = 0; time < 3; time += 1) {
      assert.throws(() => readHeader(text), { code: 'ERR_S2S_HEADER_NOT_ALLOWED' })
    }
  })

  it('remembers 64 headers, and forgets them all when another comes', () => {
    const readHeader = createHeaderReader()
    const texts = Array.from({ length: 65 }, (_, index) => encodePart({ alg: 'RS256', kid: `${index}` }))
    const [first = '', ...others] = texts
    const header = readHeader(first)
    for (const text of others.slice(0, 63)) readHeader(text)
    assert.equal(readHeader(first), header)
    readHeader(others[63] ?? '')
    assert.notEqual(readHeader(first), header)
  })

  it('reads right also when it has forgotten', () => {
    const readHeader = createHeaderReader()
    for (let round = 0; round < 2; round += 1) {
      for (let key = 0; key < 200; key += 1) {
        const header = { alg: 'ES256', kid: `key-${key}` }
        assert.deepEqual(readHeader(encodePart(header)), header)
      }
    }
  })
})

/** What a reader says of a text, comparable. */
function outcomeOf(readHeader: ReturnType<typeof createHeaderReader>, text: string): unknown {
  try {
    return readHeader(text)
  } catch (error) {
    assert.ok(error instanceof TokenError)
    return error.code
  }
}
