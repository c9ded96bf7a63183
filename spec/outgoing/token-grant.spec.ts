import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { describeGrant, keyOfToken } from '../../lib/outgoing/token-grant.ts'
import type { TokenRequest } from '../../lib/outgoing/token-source.ts'

const usual: OAuthTokenOptions = {
  issuer: 'https://login.example',
  clientId: 'documents',
  authentication: { type: 'client_secret_basic', secret: 'a-secret' },
}
const target = new URL('https://reports.example/')
const request: TokenRequest = { target, url: target }
const subjectToken = 'a.b.c'

const parametersOf = (options: Partial<OAuthTokenOptions>, subject?: string): unknown => {
  const { type, parameters } = describeGrant({ ...usual, ...options }, subject)
  return [type, [...parameters]]
}

describe('the grant of a token request', () => {
  it('is client credentials for the application itself', () => {
    assert.deepEqual(parametersOf({}), ['client_credentials', []])
    const all = { scope: ['a', 'b'], resource: ['urn:a', 'urn:b'], audience: 'c' }
    assert.deepEqual(parametersOf({ ...all, delegation: 'entra-obo' }), [
      'client_credentials',
      [
        ['scope', 'a b'],
        ['resource', 'urn:a'],
        ['resource', 'urn:b'],
        ['audience', 'c'],
      ],
    ])
    assert.deepEqual(parametersOf({ scope: 'a b', resource: 'urn:a' }), [
      'client_credentials',
      [
        ['scope', 'a b'],
        ['resource', 'urn:a'],
      ],
    ])
  })

  it('is token exchange for a subject token', () => {
    assert.deepEqual(parametersOf({ audience: 'c' }, subjectToken), [
      'urn:ietf:params:oauth:grant-type:token-exchange',
      [
        ['audience', 'c'],
        ['subject_token', subjectToken],
        ['subject_token_type', 'urn:ietf:params:oauth:token-type:access_token'],
      ],
    ])
  })

  it("is the JWT bearer grant for Entra's on-behalf-of flow", () => {
    assert.deepEqual(parametersOf({ scope: 'c/.default', delegation: 'entra-obo' }, subjectToken), [
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      [
        ['scope', 'c/.default'],
        ['assertion', subjectToken],
        ['requested_token_use', 'on_behalf_of'],
      ],
    ])
  })
})

describe('the key a token of an OAuth issuer is kept by', () => {
  it('says whose token it is, and never the subject token', () => {
    const app = keyOfToken(usual, request)
    assert.deepEqual([app.issuer, app.application, app.kind, app.user], [usual.issuer, 'documents', 'app', []])
    const user = keyOfToken(usual, { ...request, subjectToken })
    assert.equal(user.kind, 'user+app')
    assert.ok(!JSON.stringify(user).includes(subjectToken))
  })

  it('is another one whenever anything else is asked for', () => {
    const variants: readonly (readonly [options: Partial<OAuthTokenOptions>, request: Partial<TokenRequest>])[] = [
      [{}, {}],
      [{ issuer: 'https://other.example' }, {}],
      [{ clientId: 'other' }, {}],
      [{ scope: 'a' }, {}],
      [{ scope: 'b' }, {}],
      [{ resource: 'a' }, {}],
      [{ resource: ['a', 'b'] }, {}],
      [{ audience: 'a' }, {}],
      [{}, { target: new URL('https://other.example') }],
      [{}, { subjectToken }],
      [{}, { subjectToken: 'a.b.C' }],
      [{ delegation: 'entra-obo' }, { subjectToken }],
    ]
    const keys = variants.map(([options, more]) =>
      JSON.stringify(keyOfToken({ ...usual, ...options }, { ...request, ...more })),
    )
    assert.equal(new Set(keys).size, variants.length)
  })

  it('is refused for a user without a subject token', () => {
    assert.throws(() => keyOfToken(usual, { ...request, user: { upn: 'dana@fabrikam.example' } }), {
      code: 'ERR_S2S_OUTGOING_REQUEST_INVALID',
      side: 'ours',
      reason: /give subjectToken, the token of the incoming call$/,
    })
  })

  for (const [name, wrong] of [
    ['empty', ''],
    ['with a line break', 'a\nb'],
    ['too long', 'a'.repeat(65_537)],
    ['no text', 1],
    ['null', null],
  ] as const) {
    it(`is refused for a subject token that is ${name}`, () => {
      assert.throws(() => keyOfToken(usual, { ...request, subjectToken: wrong as string }), {
        code: 'ERR_S2S_OUTGOING_REQUEST_INVALID',
        side: 'ours',
        reason: 'subjectToken must be a token of at most 65536 characters',
      })
    })
  }
})
