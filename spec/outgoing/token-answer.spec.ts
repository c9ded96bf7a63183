import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTokenAnswer, type AskedToken, type TokenAnswer } from '../../lib/outgoing/token-answer.ts'
import { compact } from '../support/tokens.ts'

const issuer = { issuer: 'https://login.example', token_endpoint: 'https://login.example/token' }
const usual = { access_token: 'a.b.c', token_type: 'Bearer', expires_in: 600 }

const client = { client_id: 'documents' }

async function read(document: unknown, init: ResponseInit = {}, asked: Partial<AskedToken> = {}): Promise<TokenAnswer> {
  const body = typeof document === 'string' ? document : JSON.stringify(document)
  const answer = await readTokenAnswer(new Response(body, init), { issuer, client, ...asked })
  assert.ok(answer)
  return answer
}

describe('the answer of a token endpoint', () => {
  it('holds a token and how long it lives', async () => {
    assert.deepEqual(await read(usual), { token: 'a.b.c', lifetimeSeconds: 600 })
  })

  it('may say more, which is not looked at', async () => {
    const more = { scope: 1, refresh_token: 2, id_token: 'no ID token', ext_expires_in: 3 }
    assert.deepEqual(await read({ ...usual, ...more }), { token: 'a.b.c', lifetimeSeconds: 600 })
  })

  const lifetimes: readonly (readonly [value: unknown, seconds: number])[] = [
    [undefined, 300],
    [null, 300],
    ['', 300],
    ['soon', 300],
    ['12345678901', 300],
    [-1, 300],
    [{}, 300],
    ['3599', 3599],
    [1.9, 1],
    [0, 1],
    [86_400, 86_400],
    [86_401, 86_400],
    [1e300, 86_400],
  ]
  for (const [value, seconds] of lifetimes) {
    it(`counts expires_in ${JSON.stringify(value)} as ${seconds} seconds`, async () => {
      assert.equal((await read({ ...usual, expires_in: value })).lifetimeSeconds, seconds)
    })
  }

  it('counts an infinite expires_in as 300 seconds', async () => {
    const text = '{"access_token":"a","token_type":"bearer","expires_in":1e999}'
    assert.equal((await read(text)).lifetimeSeconds, 300)
  })

  for (const type of ['Bearer', 'bearer', 'BEARER']) {
    it(`takes a token of type ${type}`, async () => {
      assert.equal((await read({ ...usual, token_type: type })).token, 'a.b.c')
    })
  }

  for (const type of ['access_token', 'jwt']) {
    it(`takes an exchanged token of type ${type}`, async () => {
      const issued_token_type = `urn:ietf:params:oauth:token-type:${type}`
      assert.equal((await read({ ...usual, issued_token_type })).token, 'a.b.c')
    })
  }

  const unusable: readonly (readonly [name: string, changes: object])[] = [
    ['of another type', { token_type: 'DPoP' }],
    ['without type', { token_type: undefined }],
    ['with a type that is no text', { token_type: ['Bearer'] }],
    ['that is missing', { access_token: undefined }],
    ['that is empty', { access_token: '' }],
    ['with a space', { access_token: 'a b' }],
    ['with a line break', { access_token: 'a\nb' }],
    ['beyond ASCII', { access_token: 'ä' }],
    ['that is too long', { access_token: 'a'.repeat(16_385) }],
    ['that is an ID token', { issued_token_type: 'urn:ietf:params:oauth:token-type:id_token' }],
    ['that was issued as null', { issued_token_type: null }],
  ]
  for (const [name, changes] of unusable) {
    it(`is refused with a token ${name}`, async () => {
      await assert.rejects(read({ ...usual, ...changes }), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        side: 'issuer',
        reason: 'the token endpoint of https://login.example answered with no usable Bearer token',
      })
    })
  }

  for (const text of ['', '<p>', '[]', '"a"', '{"access_token":"a","access_token":"b","token_type":"Bearer"}']) {
    it(`is refused when it is ${text === '' ? 'empty' : text}`, async () => {
      await assert.rejects(read(text), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        side: 'issuer',
        reason: 'the token endpoint of https://login.example did not send one JSON object',
      })
    })
  }

  const statuses: readonly (readonly [status: number, said: string])[] = [
    [201, 'status 201'],
    [302, 'a redirect, which is never followed'],
    [404, 'status 404'],
    [500, 'status 500'],
    [503, 'status 503'],
  ]
  for (const [status, said] of statuses) {
    it(`is no refusal with status ${status}`, async () => {
      const error = status === 404 ? {} : { error: 'invalid_client' }
      await assert.rejects(read({ ...usual, ...error }, { status }), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        side: 'issuer',
        reason: `the token endpoint of https://login.example answered with ${said}`,
      })
    })
  }

  it('is no refusal with no content', async () => {
    const answer = new Response(null, { status: 204 })
    await assert.rejects(readTokenAnswer(answer, { issuer, client }), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      reason: /answered with status 204$/,
    })
  })
})

describe('the answer of a token endpoint that was asked for a DPoP token', () => {
  const asked = { isDpop: true }
  const bound = { ...usual, token_type: 'DPoP' }

  for (const type of ['DPoP', 'dpop', 'DPOP']) {
    it(`holds a token of type ${type}`, async () => {
      assert.deepEqual(await read({ ...bound, token_type: type }, {}, asked), { token: 'a.b.c', lifetimeSeconds: 600 })
    })
  }

  it('is refused with a Bearer token, which would be a downgrade', async () => {
    await assert.rejects(read(usual, {}, asked), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      side: 'issuer',
      reason: /^https:\/\/login\.example gave a token that is not bound to the key of oauth\.dpop; /,
    })
  })

  for (const [name, changes] of [
    ['of no known type', { token_type: 'mac' }],
    ['without type', { token_type: undefined }],
    ['with a space', { access_token: 'a b' }],
  ] as const) {
    it(`is refused with a token ${name}`, async () => {
      await assert.rejects(read({ ...bound, ...changes }, {}, asked), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        reason: /answered with no usable DPoP token$/,
      })
    })
  }

  it('may be that a nonce is wanted', async () => {
    const answer = new Response('{"error":"use_dpop_nonce"}', { status: 400 })
    assert.equal(await readTokenAnswer(answer, { issuer, client, ...asked }), undefined)
  })

  for (const [error, advice] of [
    ['use_dpop_nonce', /set oauth\.dpop/],
    ['invalid_dpop_proof', /check the clock/],
  ] as const) {
    it(`says what to do about ${error} where no nonce is expected`, async () => {
      await assert.rejects(read({ error }, { status: 400 }), { code: 'ERR_S2S_TOKEN_REQUEST_REFUSED', reason: advice })
    })
  }
})

describe('the answer of a token endpoint that was asked for a token bound to a certificate', () => {
  const x5tS256 = 'TE0CfLst_qFEwEvvVXQCbroa-wqnbIsDVKqY2jroAZQ'
  const tokenWith = (claims: object): object => ({
    ...usual,
    access_token: `${compact({ alg: 'RS256' }, JSON.stringify(claims))}signature`,
  })

  it('holds a token that says so, or one that cannot be read', async () => {
    await read(tokenWith({ cnf: { 'x5t#S256': x5tS256 } }), {}, { x5tS256 })
    await read({ ...usual, access_token: 'opaque' }, {}, { x5tS256 })
  })

  for (const [name, claims] of [
    ['to nothing', {}],
    ['to another certificate', { cnf: { 'x5t#S256': x5tS256.toLowerCase() } }],
    ['to a key', { cnf: { jkt: x5tS256 } }],
    ['to something that is no object', { cnf: x5tS256 }],
  ] as const) {
    it(`is refused with a token that is bound ${name}`, async () => {
      await assert.rejects(read(tokenWith(claims), {}, { x5tS256 }), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        reason: /gave a token that is not bound to the certificate of oauth\.mtls; /,
      })
    })
  }
})
