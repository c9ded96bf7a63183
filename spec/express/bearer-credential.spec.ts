import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import express5 from 'express'
import fc from 'fast-check'
import { readBearerCredential, type CredentialRequest } from '../../lib/express/bearer-credential.ts'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import { RequestError } from '../../lib/foundation/errors.ts'
import { refusal } from '../support/refusal.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5

const withHeader = (authorization: unknown): CredentialRequest => ({ headers: { authorization } })

function assertRefused(request: CredentialRequest, code: ErrorCode): void {
  assert.throws(
    () => readBearerCredential(request),
    (error: unknown) => error instanceof RequestError && error.code === code && error.status === 400,
  )
}

describe('the Authorization header', () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    it(`may spell the scheme ${scheme}`, () => {
      assert.deepEqual(readBearerCredential(withHeader(`${scheme} a.b.c`)), {
        kind: 'token',
        token: 'a.b.c',
        scheme: 'bearer',
      })
    })
  }

  const tokens = ['a', 'eyJ.eyJ.', 'A-Z_a~z+0/9.', 'cGFk==', '....', '.'.repeat(2_000), 'a'.repeat(12_288)]
  for (const token of tokens) {
    it(`hands the token ${token.slice(0, 12)} (${token.length} characters) on unjudged`, () => {
      assert.deepEqual(readBearerCredential(withHeader(`Bearer ${token}`)), { kind: 'token', token, scheme: 'bearer' })
    })
  }

  it('may have several spaces after the scheme', () => {
    assert.deepEqual(readBearerCredential(withHeader('Bearer   abc')), {
      kind: 'token',
      token: 'abc',
      scheme: 'bearer',
    })
  })

  it('may be absent', () => {
    assert.deepEqual(readBearerCredential({ headers: {} }), { kind: 'none' })
    assert.deepEqual(readBearerCredential({ headers: {}, rawHeaders: ['Host', 'a'], url: '/a?b=c' }), { kind: 'none' })
  })

  for (const value of ['Bearer', 'Bearer ', 'bearer   ']) {
    it(`may be the empty credential ${JSON.stringify(value)}`, () => {
      assert.deepEqual(readBearerCredential(withHeader(value)), { kind: 'empty' })
    })
  }

  const otherSchemes = [
    'Basic dXNlcjpwYXNz',
    'DPoP eyJ.eyJ.sig',
    'Negotiate',
    'Digest username="Mufasa", realm="a@b", uri="/", response="00", nc=00000001',
    'AWS4-HMAC-SHA256 Credential=A/20130524/us-east-1/s3, SignedHeaders=host;range, Signature=fe5f',
    'Basic bearer',
  ]
  for (const value of otherSchemes) {
    it(`may be of another scheme: ${value.slice(0, 20)}`, () => {
      assert.deepEqual(readBearerCredential(withHeader(value)), { kind: 'other-scheme' })
    })
  }

  const malformed: Readonly<Record<string, unknown>> = {
    'no text': '',
    'a space in front': ' Bearer abc',
    'a glued scheme': 'Bearerabc',
    'a scheme glued with a comma': 'Bearer,abc',
    'a scheme glued with a colon': 'Bearer:abc',
    'a scheme glued with an equals sign': 'Bearer=abc',
    'another scheme that begins alike': 'BearerToken abc',
    'a quoted token': 'Bearer "abc"',
    'a list of tokens': 'Bearer abc, def',
    'two credentials in one header': 'Bearer abc, Bearer def',
    'another scheme first': 'Basic abc, Bearer def',
    'another scheme first and an empty Bearer': 'Basic abc,bearer',
    'auth-params': 'Bearer realm="a", token="b"',
    'a token with a parameter': 'Bearer abc; charset=utf-8',
    'trailing junk': 'Bearer abc def',
    'a trailing space': 'Bearer abc ',
    'padding in the middle': 'Bearer a=b',
    'percent-encoded dots': 'Bearer a%2eb%2ec',
    'a tab': 'Bearer\tabc',
    'a folded line': 'Bearer abc\r\n def',
    'a trailing line break': 'Bearer abc\n',
    'a zero byte': 'Bearer abc\0',
    'latin-1 bytes': 'Bearer ab\xe9',
    'a no-break space': 'Bearer\xa0abc',
    'another scheme with latin-1 bytes': 'Basic \xe9',
    'a scheme that is none': '{"token":"abc"}',
    'a list instead of a text': ['Bearer abc'],
    'a number instead of a text': 7,
    'null instead of a text': null,
  }
  for (const [name, value] of Object.entries(malformed)) {
    it(`may not be ${name}`, () => {
      assertRefused(withHeader(value), 'ERR_S2S_HEADER_MALFORMED')
    })
  }

  const pairs: Readonly<Record<string, readonly string[]>> = {
    'first good': ['Authorization', 'Bearer good', 'authorization', 'Bearer bad'],
    'first bad': ['Host', 'a', 'AUTHORIZATION', 'Basic x', 'Authorization', 'Bearer good'],
    identical: ['authorization', 'Bearer good', 'Accept', '*/*', 'authorization', 'Bearer good'],
  }
  for (const [name, rawHeaders] of Object.entries(pairs)) {
    it(`may not come twice, ${name}`, () => {
      assertRefused({ headers: { authorization: 'Bearer good' }, rawHeaders }, 'ERR_S2S_HEADER_MALFORMED')
    })
  }

  it('is not confused by values and other names that look like it', () => {
    const rawHeaders = ['X-Name', 'authorization', 'Authorization', 'Bearer abc', 'Authorizatiom', 'Bearer def']
    const other = [
      'X-Authorization',
      'Bearer x',
      'Proxy-Authorization',
      'Bearer x',
      'X-PROOF_TOKEN',
      'x',
      'Cookie',
      'x',
    ]
    const request = { headers: { authorization: 'Bearer abc' }, rawHeaders: [...rawHeaders, ...other] }
    assert.deepEqual(readBearerCredential(request), { kind: 'token', token: 'abc', scheme: 'bearer' })
    assert.deepEqual(readBearerCredential({ headers: {}, rawHeaders: other }), { kind: 'none' })
  })

  it('never throws anything but a RequestError, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }).map((text) => `Bearer ${text}`),
        ),
        (value) => {
          try {
            const credential = readBearerCredential(withHeader(value))
            if (credential.kind === 'token') assert.match(credential.token, /^[A-Za-z0-9\-._~+/]+=*$/)
          } catch (error) {
            assert.ok(error instanceof RequestError)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('a token in the query', () => {
  const refused = [
    '/a?access_token=abc',
    '/a?access_token',
    '/a?access_token=',
    '/a?b=c&access_token=abc',
    '/a?b=c;access_token=abc',
    '/a?access_token[]=abc',
    '/a?access_token[0]=abc',
    '/a?access_token[a=b]=abc',
    '/a?access_token%5B%5D=abc',
    '/a?access_token.x=abc',
    '/a?[access_token]=abc',
    '/a?%61ccess_token=abc',
    '/a?access%5Ftoken=abc',
    '/a?%61%63%63%65%73%73%5f%74%6f%6b%65%6e=abc',
    '/a??access_token=abc',
    'http://host/a?access_token=abc',
  ]
  for (const url of refused) {
    it(`is refused: ${url}`, () => {
      assertRefused({ headers: {}, url }, 'ERR_S2S_TOKEN_IN_QUERY')
    })
  }

  const accepted = [
    '/a',
    '/access_token=abc',
    '/a?',
    '/a?b=access_token',
    '/a?b=%zz',
    '/a?my_access_token=b',
    '/a?a[access_token]=b',
  ]
  for (const url of accepted) {
    it(`is not seen in ${url}`, () => {
      assert.deepEqual(readBearerCredential({ headers: {}, url }), { kind: 'none' })
    })
  }

  it('is refused beside a token, an empty credential and another scheme', () => {
    for (const authorization of ['Bearer abc', 'Bearer', 'Basic abc']) {
      assertRefused({ headers: { authorization }, url: '/a?access_token=abc' }, 'ERR_S2S_TOKEN_IN_QUERY')
    }
  })

  it('is refused after a malformed header is', () => {
    assertRefused({ headers: { authorization: 'Bearerx' }, url: '/?access_token=a' }, 'ERR_S2S_HEADER_MALFORMED')
  })

  it('is refused wherever a parser of Express 4 or 5 finds one', () => {
    const parsers = [express4, express5].flatMap((express) =>
      ['simple', 'extended'].map((setting) => {
        const app = express().set('query parser', setting)
        return app.get('query parser fn') as (query: string) => { readonly access_token?: unknown }
      }),
    )
    const piece = fc.constantFrom(
      'access',
      '_token',
      '%61',
      'ccess',
      '%5F',
      '%5f',
      'token',
      '[',
      ']',
      '%5B',
      '%5d',
      '=',
      '&',
      ';',
      '+',
      '.',
      '?',
      'x',
      '%',
      '%e9',
    )
    const query = fc.oneof(
      fc.array(piece, { maxLength: 8 }),
      fc.array(piece, { maxLength: 3 }).map((rest) => ['access_token', ...rest]),
    )
    let found = 0
    fc.assert(
      fc.property(query, (pieces) => {
        const text = pieces.join('')
        if (parsers.every((parse) => parse(text).access_token === undefined)) return
        found += 1
        assertRefused({ headers: {}, url: `/a?${text}` }, 'ERR_S2S_TOKEN_IN_QUERY')
      }),
      { numRuns: 5_000 },
    )
    assert.ok(found > 500)
  })
})

describe('a token in the body', () => {
  const refused: Readonly<Record<string, unknown>> = {
    'a text': { access_token: 'abc' },
    'a list': { access_token: ['abc'] },
    'an object': { access_token: { a: 'b' } },
    'a number': { access_token: 7 },
    nothing: { access_token: undefined },
    'a text in an object without prototype': Object.assign(Object.create(null) as object, { access_token: 'abc' }),
  }
  for (const [name, body] of Object.entries(refused)) {
    it(`is refused when it is ${name}`, () => {
      assertRefused({ headers: { authorization: 'Bearer abc' }, body }, 'ERR_S2S_TOKEN_IN_BODY')
      assertRefused({ headers: {}, body }, 'ERR_S2S_TOKEN_IN_BODY')
    })
  }

  const others: Readonly<Record<string, unknown>> = {
    'no body': undefined,
    null: null,
    'a text': 'access_token=abc',
    'a number': 7,
    'a buffer': Buffer.from('access_token=abc'),
    'a list': ['access_token'],
    'an inherited member': Object.create({ access_token: 'abc' }) as object,
    'a nested member': { a: { access_token: 'abc' } },
  }
  for (const [name, body] of Object.entries(others)) {
    it(`is not seen in ${name}`, () => {
      assert.deepEqual(readBearerCredential({ headers: {}, body }), { kind: 'none' })
    })
  }

  it('is refused after a token in the query is', () => {
    assertRefused({ headers: {}, url: '/?access_token=a', body: { access_token: 'a' } }, 'ERR_S2S_TOKEN_IN_QUERY')
  })
})

describe('the scheme DPoP', () => {
  const read = (authorization: string, acceptsDpop = true): unknown =>
    readBearerCredential(withHeader(authorization), acceptsDpop)

  for (const scheme of ['DPoP', 'dpop', 'DPOP', 'DPoP  ']) {
    it(`may be spelt ${scheme}`, () => {
      assert.deepEqual(read(`${scheme} a.b.c`), { kind: 'token', token: 'a.b.c', scheme: 'dpop' })
    })
  }

  it('is a scheme like any other where it is not accepted', () => {
    for (const authorization of ['DPoP a.b.c', 'DPoP', 'DPoP a b']) {
      assert.deepEqual(read(authorization, false), { kind: 'other-scheme' })
    }
  })

  it('leaves the others as they are', () => {
    assert.deepEqual(read('Bearer dpop'), { kind: 'token', token: 'dpop', scheme: 'bearer' })
    assert.deepEqual(read('Basic ZHBvcA=='), { kind: 'other-scheme' })
    assert.deepEqual(read('Digest username="dpop"'), { kind: 'other-scheme' })
    assert.deepEqual(read('DPoP'), { kind: 'other-scheme' })
  })

  for (const authorization of [
    'DPoPa.b.c',
    'DPoP=a.b.c',
    'DPoP a b',
    'DPoP a,b',
    'DPoP "a"',
    'DPoP\ta',
    'Basic YQ==, DPoP a',
    'Basic YQ==,dpop',
    'Bearer a, DPoP b',
    'DPoP a, Bearer b',
    'a, bearer dpop',
  ]) {
    it(`is refused in ${JSON.stringify(authorization)}`, () => {
      assert.throws(() => read(authorization), refusal('ERR_S2S_HEADER_MALFORMED'))
    })
  }
})
