import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { S2SError, TokenError } from '../../lib/foundation/errors.ts'
import { maximumTokenLength, parseUnverifiedToken, type UnverifiedToken } from '../../lib/tokens/unverified-token.ts'
import { compact, encodePart } from '../support/tokens.ts'
import { readGenuineActorToken, readWorkedExample } from '../support/vectors.ts'

const header = { alg: 'RS256', typ: 'JWT', x5t: 'UsBRIT-3nyvCLBsbTYdX2dvOkY0' }
const claims = { iss: 'a@b', exp: '1798765200' }
const signature = Buffer.from('signature').toString('base64url')
const token = compact(header, claims, signature)
const [headerPart = '', payloadPart = ''] = token.split('.')

function refusalOf(text: string): TokenError {
  try {
    parseUnverifiedToken(text)
  } catch (error) {
    assert.ok(error instanceof TokenError)
    return error
  }
  return assert.fail('accepted')
}

describe('parseUnverifiedToken', () => {
  it('takes a token apart', () => {
    const parsed = parseUnverifiedToken(token)
    assert.deepEqual(parsed.header, header)
    assert.deepEqual(parsed.claims, claims)
    assert.equal(parsed.signingInput, `${headerPart}.${payloadPart}`)
    assert.equal(parsed.signature.toString(), 'signature')
  })

  it('takes an unsigned token, which ends with a dot', () => {
    assert.equal(parseUnverifiedToken(compact({ typ: 'JWT', alg: 'none' }, claims)).signature.length, 0)
  })

  it('takes segments of the least length, and claims nested 32 deep', () => {
    const short = `${headerPart}.${encodePart({})}.`
    assert.deepEqual(parseUnverifiedToken(short).claims, {})
    const deep = JSON.parse(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`) as Record<string, unknown>
    assert.deepEqual(parseUnverifiedToken(compact(header, deep)).claims, deep)
  })

  it('reads the genuine tokens', () => {
    const { appOnly, userAndApp, application } = readWorkedExample()
    assert.equal(parseUnverifiedToken(appOnly).claims['nameid'], application)
    assert.equal(parseUnverifiedToken(userAndApp).header.alg, 'none')
    assert.equal(parseUnverifiedToken(readGenuineActorToken().actorToken).header.alg, 'RS256')
  })

  it('keeps header parameters that it does not know, and reads none of them', () => {
    const parsed = parseUnverifiedToken(
      compact({ ...header, kid: 'k', nonce: 'n', 'x5t#S256': 's' }, claims, signature),
    )
    assert.deepEqual(parsed.header, { ...header, kid: 'k', nonce: 'n', 'x5t#S256': 's' })
  })

  it('takes a token of 12 KiB and refuses one character more before it decodes anything', () => {
    const filler = 'A'.repeat(maximumTokenLength - headerPart.length - payloadPart.length - 2)
    const longest = `${headerPart}.${payloadPart}.${filler}`
    assert.equal(longest.length, 12 * 1024)
    assert.equal(parseUnverifiedToken(longest).header.alg, 'RS256')
    assert.equal(refusalOf(`!${longest}`).code, 'ERR_S2S_TOKEN_TOO_LARGE')
    assert.equal(refusalOf(`!${longest}`).reason, 'the token is longer than 12288 characters')
    assert.equal(refusalOf('.'.repeat(1024 * 1024)).code, 'ERR_S2S_TOKEN_TOO_LARGE')
  })
})

describe('parseUnverifiedToken refuses as malformed', () => {
  const invalidUtf8 = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]).toString('base64url')
  const part = (text: string): string => Buffer.from(text).toString('base64url')
  const around = (payload: string): string => `${headerPart}.${payload}.${signature}`
  const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'the token does not have three segments': {
      'an empty text': '',
      'one dot': '.',
      'two dots': '..',
      'one segment': headerPart,
      'two segments (an unsigned token without its last dot)': `${headerPart}.${payloadPart}`,
      'four segments': `${token}.`,
      'the five segments of an encrypted token': `${token}.${signature}.${signature}`,
      'an empty header': `.${payloadPart}.${signature}`,
      'an empty payload': `${headerPart}..${signature}`,
      'one dot in front of a token': `.${token}`,
      'a header of one character, and nothing else': 'a',
      'a payload missing from four segments': `${headerPart}..${payloadPart}.${signature}`,
    },
    'a segment is not canonical base64url': {
      'a nested token as payload': around(token.split('.').join('')),
      'a header of one character': `a.${payloadPart}.`,
      'a scheme in front': `Bearer ${token}`,
      'a space in front': ` ${token}`,
      'a line end behind': `${token}\n`,
      'a tilde behind (SD-JWT)': `${token}~`,
      'padding behind the signature': `${token}=`,
      'padding behind the header': `${part('{"a":1,"alg":"RS256"}')}=.${payloadPart}.`,
      'standard base64 characters': `${headerPart}.${payloadPart}.a+b/`,
      'a signature with bits that no byte has': `${headerPart}.${payloadPart}.QR`,
      'a signature of one character': `${headerPart}.${payloadPart}.Q`,
      'a payload that is no base64url': around('%%%%'),
    },
    'a segment is not UTF-8': {
      'a payload that is no UTF-8': around(invalidUtf8),
    },
    'a segment is not a JSON object with unique member names': {
      'a byte order mark': around(part('\ufeff{}')),
      'a payload that is no JSON': around(part('{')),
      'a payload that is null': around(part('null')),
      'a payload that is a list': around(part('[]')),
      'a payload that is a text': around(part('"text"')),
      'text behind the payload': around(part('{}{}')),
      'a member twice': around(part('{"iss":"a","iss":"b"}')),
      'a member twice, once escaped': around(part('{"iss":"a","\\u0069ss":"b"}')),
      'a member twice within': around(part('{"a":{"b":1,"b":2}}')),
      'a member named __proto__': around(part('{"__proto__":{"admin":true}}')),
      'nesting without end': around(part(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`)),
      'a header that is a list': `${part('[]')}.${payloadPart}.`,
      'a header member twice': `${part('{"alg":"RS256","alg":"none"}')}.${payloadPart}.`,
      'an object nested 33 deep': around(part(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)),
    },
    'the header parameter "kid" is not a short text': {
      'a kid that is no text': compact({ ...header, kid: 5 }, claims),
      'a kid that is null': compact({ ...header, kid: null }, claims),
      'a kid that is too long': compact({ ...header, kid: 'k'.repeat(1025) }, claims),
      'a kid that is a list of one text': compact({ ...header, kid: ['k'] }, claims),
    },
    'the header parameter "x5t" is not a short text': {
      'an x5t that is a list': compact({ ...header, x5t: ['a'] }, claims),
    },
    'the header parameter "x5t#S256" is not a short text': {
      'an x5t#S256 that is an object': compact({ ...header, 'x5t#S256': {} }, claims),
    },
  }
  for (const [reason, texts] of Object.entries(cases)) {
    for (const [name, text] of Object.entries(texts)) {
      it(`${name}: ${reason}`, () => {
        const refusal = refusalOf(text)
        assert.equal(refusal.code, 'ERR_S2S_TOKEN_MALFORMED')
        assert.equal(refusal.reason, reason)
      })
    }
  }

  it('and keeps what the reader of JSON had to say, which holds nothing of the token', () => {
    assert.ok(refusalOf(around(part('{'))).cause instanceof SyntaxError)
  })
})

describe('parseUnverifiedToken and the header', () => {
  for (const name of ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'actortoken']) {
    it(`refuses the parameter ${name}, whatever its value`, () => {
      for (const value of ['a', [], {}, null, false, true]) {
        const { code, reason } = refusalOf(compact({ ...header, [name]: value }, claims))
        assert.equal(code, 'ERR_S2S_HEADER_NOT_ALLOWED')
        assert.equal(reason, `the header parameter "${name}" is never accepted`)
      }
    })
  }

  for (const [name, alg] of Object.entries({ missing: undefined, 'a list': ['RS256'], null: null, 'a number': 256 })) {
    it(`refuses an alg that is ${name}`, () => {
      const { code, reason } = refusalOf(compact({ ...header, alg }, claims))
      assert.equal(code, 'ERR_S2S_ALGORITHM_NOT_ALLOWED')
      assert.equal(reason, 'the header has no "alg"')
    })
  }

  for (const [name, typ] of Object.entries({ 'a list': ['JWT'], null: null, 'too long': 'J'.repeat(1025) })) {
    it(`refuses a typ that is ${name}`, () => {
      const { code, reason } = refusalOf(compact({ ...header, typ }, claims))
      assert.equal(code, 'ERR_S2S_TOKEN_TYPE')
      assert.equal(reason, 'the header parameter "typ" is not a short text')
    })
  }

  for (const name of ['typ', 'kid', 'x5t', 'x5t#S256']) {
    it(`takes a ${name} of 1,024 characters`, () => {
      const longest = { ...header, [name]: 'k'.repeat(1024) }
      assert.deepEqual(parseUnverifiedToken(compact(longest, claims)).header, longest)
    })
  }

  it('judges no algorithm: that is the part of the verifier', () => {
    assert.equal(parseUnverifiedToken(compact({ alg: 'HS256' }, claims)).header.alg, 'HS256')
  })
})

describe('parseUnverifiedToken, for any token and any text', () => {
  /** Without control characters: JSON may write their escapes in two ways. */
  const value = fc
    .jsonValue({ maxDepth: 2, stringUnit: 'grapheme-ascii' })
    .filter((json) => !/[\d]e|"__proto__"/i.test(JSON.stringify(json)))
  const someToken = fc
    .record({
      claims: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { maxKeys: 4 }),
      bytes: fc.uint8Array({ maxLength: 40 }),
    })
    .map((parts) =>
      compact({ alg: 'RS256', typ: 'JWT', kid: 'k' }, parts.claims, Buffer.from(parts.bytes).toString('base64url')),
    )
  const character = fc.constantFrom(...Array.from('ABCXYZabcxyz0189-_.=+/ \n~é'))
  const change = fc.record({
    how: fc.constantFrom('replace', 'insert', 'delete'),
    at: fc.nat(),
    character,
  })

  /** What a signature is held against, and the signature: JSON may write one value in several texts, bytes are exact. */
  const proved = ({ signingInput, signature: bytes }: UnverifiedToken): unknown => [signingInput, bytes.toString('hex')]

  it('gives back what was put in', () => {
    fc.assert(
      fc.property(someToken, (text) => {
        const parsed = parseUnverifiedToken(text)
        assert.equal(`${parsed.signingInput}.${parsed.signature.toString('base64url')}`, text)
      }),
    )
  })

  it('refuses a token with one character changed, or reads another token', () => {
    fc.assert(
      fc.property(someToken, change, (text, { how, at, character: other }) => {
        const place = at % text.length
        const changed =
          text.slice(0, place) + (how === 'delete' ? '' : other) + text.slice(how === 'insert' ? place : place + 1)
        fc.pre(changed !== text)
        try {
          assert.notDeepEqual(proved(parseUnverifiedToken(changed)), proved(parseUnverifiedToken(text)))
        } catch (error) {
          assert.ok(error instanceof TokenError, String(error))
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('throws nothing but token errors with fixed texts', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(fc.string()).map((parts) => parts.map(encodePart).join('.')),
        ),
        (text) => {
          try {
            parseUnverifiedToken(text)
          } catch (error) {
            assert.ok(error instanceof S2SError)
            assert.ok(text.length < 4 || !(error.reason ?? '').includes(text))
          }
        },
      ),
    )
  })
})
