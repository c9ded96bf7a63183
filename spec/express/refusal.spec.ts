import assert from 'node:assert/strict'
import type { RequestHandler } from 'express'
import { describe, it } from 'node:test'
import { credentialRefusal, refusalOf, writeRefusal, type Refusal } from '../../lib/express/refusal.ts'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import { PermissionError, RequestError, TokenError, UnavailableError } from '../../lib/foundation/errors.ts'
import { sendThrough } from '../support/one-request.ts'

const challenges = createChallenges({ realm: 'r', clientId: 'c', trustedIssuers: () => ['a@b'] })

describe('refusalOf', () => {
  it('is a 401 with a challenge for a token', () => {
    assert.deepEqual(refusalOf(new TokenError('ERR_S2S_TOKEN_EXPIRED', 'told to the operator only'), challenges), {
      status: 401,
      headers: {
        'Cache-Control': 'no-store',
        'WWW-Authenticate': 'Bearer realm="r", error="invalid_token", error_description="The token has expired."',
      },
      error: 'invalid_token',
      description: 'The token has expired.',
      code: 'ERR_S2S_TOKEN_EXPIRED',
    })
  })

  it('names the scopes that are required', () => {
    const error = new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, { required: ['a', 'b'], missing: ['b'] })
    assert.match(refusalOf(error, challenges).headers['WWW-Authenticate'] ?? '', /^Bearer realm="r", scope="a b", /)
  })

  it('says when to come again after an outage, without a challenge', () => {
    const { status, headers } = refusalOf(new UnavailableError('ERR_S2S_KEYS_UNREACHABLE'), challenges)
    assert.equal(status, 503)
    assert.deepEqual(headers, { 'Cache-Control': 'no-store', 'Retry-After': '10' })
  })

  for (const { code, status, challenged } of [
    { code: 'ERR_S2S_HEADER_MALFORMED', status: 400, challenged: true },
    { code: 'ERR_S2S_PATH_AMBIGUOUS', status: 400, challenged: false },
    { code: 'ERR_S2S_TLS_REQUIRED', status: 403, challenged: false },
  ] as const) {
    it(`answers ${code} with ${status} and ${challenged ? 'a' : 'no'} challenge`, () => {
      const refusal = refusalOf(new RequestError(code), challenges)
      assert.equal(refusal.status, status)
      assert.equal('WWW-Authenticate' in refusal.headers, challenged)
    })
  }
})

describe('credentialRefusal', () => {
  for (const kind of ['none', 'other-scheme'] as const) {
    it(`is a bare challenge without an error for ${kind}`, () => {
      assert.deepEqual(credentialRefusal(kind, challenges), {
        status: 401,
        headers: { 'Cache-Control': 'no-store', 'WWW-Authenticate': 'Bearer realm="r"' },
        description: 'A bearer token is required.',
      })
    })
  }

  it('says who we are to the empty credential', () => {
    assert.equal(
      credentialRefusal('empty', challenges).headers['WWW-Authenticate'],
      'Bearer realm="r", client_id="c", trusted_issuers="a@b"',
    )
  })
})

describe('writeRefusal', () => {
  const refusal = refusalOf(new TokenError('ERR_S2S_TOKEN_EXPIRED'), challenges)
  const writing =
    (written: Refusal, problemDetails: boolean): RequestHandler =>
    (_request, response) => {
      writeRefusal(response, written, problemDetails)
    }

  it('writes JSON with every header', async () => {
    const { answer } = await sendThrough({ middleware: [writing(refusal, false)] })
    assert.equal(answer.status, 401)
    assert.deepEqual(JSON.parse(answer.body), { error: 'invalid_token', error_description: 'The token has expired.' })
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.headers['content-length'], String(answer.body.length))
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['www-authenticate'], refusal.headers['WWW-Authenticate'])
  })

  it('writes problem details', async () => {
    const { answer } = await sendThrough({ middleware: [writing(refusal, true)] })
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.deepEqual(JSON.parse(answer.body), {
      type: 'about:blank',
      title: 'invalid_token',
      status: 401,
      detail: 'The token has expired.',
      code: 'ERR_S2S_TOKEN_EXPIRED',
    })
  })

  it('leaves out error and code when no credential was sent', async () => {
    const missing = credentialRefusal('none', challenges)
    const plain = await sendThrough({ middleware: [writing(missing, false)] })
    assert.deepEqual(JSON.parse(plain.answer.body), { error_description: 'A bearer token is required.' })
    const problem = await sendThrough({ middleware: [writing(missing, true)] })
    assert.deepEqual(JSON.parse(problem.answer.body), {
      type: 'about:blank',
      title: 'unauthorized',
      status: 401,
      detail: 'A bearer token is required.',
    })
  })

  it('writes nothing on a response that has begun', async () => {
    const { answer, error } = await sendThrough({
      middleware: [
        (_request, response, next) => {
          response.status(504).write('too ')
          next()
        },
        (_request, response) => {
          writeRefusal(response, refusal, false)
          response.end('late')
        },
      ],
    })
    assert.deepEqual([answer.status, answer.body, error], [504, 'too late', undefined])
    assert.equal(answer.headers['www-authenticate'], undefined)
  })
})
