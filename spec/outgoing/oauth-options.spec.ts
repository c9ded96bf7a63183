import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import https from 'node:https'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import type { TlsClientCertificate } from '../../lib/oauth/client-authentication-options.ts'
import { optionsObject, parseOptions } from '../../lib/foundation/parse-options.ts'
import { readTargetAddress } from '../../lib/outgoing/client-options.ts'
import { oauthTokenShape, type OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { createS2SClient } from '../../lib/outgoing/s2s-client.ts'
import { makeCertificate } from '../support/certificates.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { fixedClock } from '../support/clock.ts'
import { makeOAuthCaller } from '../support/oauth-caller.ts'

const secret = 'a-secret-of-this-run'
const usual: OAuthTokenOptions = {
  issuer: 'https://login.example',
  clientId: 'documents',
  authentication: { type: 'client_secret_basic', secret },
}
const parse = (changes: object): unknown =>
  parseOptions(optionsObject(oauthTokenShape), { ...usual, ...changes }, 'oauth')

describe('options of an OAuth issuer that gives tokens', () => {
  const accepted: readonly (readonly [name: string, changes: object])[] = [
    ['the least', {}],
    ['a secret in a file', { authentication: { type: 'client_secret_post', secret: { file: '/run/secret' } } }],
    ['the own signing key', { authentication: { type: 'private_key_jwt' } }],
    [
      'a key and its certificate',
      { authentication: { type: 'private_key_jwt', key: { privateKey: 'a', certificate: 'b' } } },
    ],
    ['a client certificate', { authentication: { type: 'mtls', certificate: 'a', privateKey: { file: 'b' } } }],
    ['an issuer with path and slash', { issuer: 'https://login.example/tenant/v2.0/' }],
    [
      'several scopes and resources',
      { scope: ['a', 'https://graph.example/.default'], resource: ['urn:a', 'https://b'] },
    ],
    [
      'everything else',
      { audience: 'c', delegation: 'entra-obo', agent: new https.Agent(), ca: ['pem'], timeoutMilliseconds: 1 },
    ],
    ['tokens that are bound to a new key', { dpop: true }],
    ['tokens that are bound to a given key', { dpop: { algorithm: 'ES256', privateKey: { file: 'key.pem' } } }],
    ['tokens that are bound to a key object', { dpop: { privateKey: makeKeyPair('ec256').privateKey } }],
    ['tokens that are bound to a certificate', { mtls: { certificate: 'a', privateKey: { file: 'b' } } }],
    ['tokens that are bound to the certificate of the authentication', { mtls: true }],
    ['other origins', { tokenEndpointOrigins: ['https://tokens.example', 'https://tokens.example:8443'] }],
  ]
  for (const [name, changes] of accepted) {
    it(`may be ${name}`, () => {
      assert.doesNotThrow(() => parse(changes))
    })
  }

  const refused: readonly (readonly [name: string, changes: object, message: RegExp])[] = [
    ['an issuer on http', { issuer: 'http://login.example' }, /^oauth\.issuer must be an https address/],
    ['an issuer that is no address', { issuer: 'login' }, /^oauth\.issuer must be an https address/],
    ['an issuer with a query', { issuer: 'https://login.example?a' }, /^oauth\.issuer must be/],
    ['an issuer with credentials', { issuer: 'https://a:b@login.example' }, /^oauth\.issuer must be/],
    ['an empty client id', { clientId: '' }, /^oauth\.clientId is empty/],
    ['no authentication', { authentication: undefined }, /^oauth\.authentication/],
    ['an unknown authentication', { authentication: { type: 'none' } }, /^oauth\.authentication\.type/],
    [
      'an empty secret',
      { authentication: { type: 'client_secret_basic', secret: '' } },
      /^oauth\.authentication\.secret/,
    ],
    [
      'a secret for a key',
      { authentication: { type: 'private_key_jwt', secret } },
      /^oauth\.authentication\.secret is unknown; known here: type, key/,
    ],
    [
      'an assertion that lives too long',
      { authentication: { type: 'private_key_jwt', assertionLifetimeSeconds: 301 } },
      /^oauth\.authentication\.assertionLifetimeSeconds/,
    ],
    [
      'a symmetric algorithm',
      { authentication: { type: 'private_key_jwt', algorithm: 'HS256' } },
      /^oauth\.authentication\.algorithm must be one of RS256/,
    ],
    ['no proofs, in words', { dpop: false }, /^oauth\.dpop/],
    [
      'proofs with a symmetric algorithm',
      { dpop: { algorithm: 'HS256' } },
      /^oauth\.dpop\.algorithm must be one of RS256/,
    ],
    ['proofs with a public key', { dpop: { privateKey: makeKeyPair('ec256').publicKey } }, /^oauth\.dpop\.privateKey/],
    ['proofs with an unknown option', { dpop: { key: 'a' } }, /^oauth\.dpop\.key is unknown/],
    ['a certificate without its key', { mtls: { certificate: 'a' } }, /^oauth\.mtls/],
    ['two spaces between scopes', { scope: 'a  b' }, /^oauth\.scope/],
    ['a quote in a scope', { scope: ['a"b'] }, /^oauth\.scope/],
    ['no scope in the list', { scope: [] }, /^oauth\.scope/],
    [
      'an origin with a path',
      { tokenEndpointOrigins: ['https://a.example/'] },
      /^oauth\.tokenEndpointOrigins\[0\] must be/,
    ],
    ['an origin on http', { tokenEndpointOrigins: ['http://a.example'] }, /^oauth\.tokenEndpointOrigins\[0\] must be/],
    ['an agent that checks nothing', { agent: new https.Agent({ rejectUnauthorized: false }) }, /^oauth\.agent/],
    ['an unknown option', { scopes: 'a' }, /^oauth\.scopes .*scope/],
  ]
  for (const [name, changes, message] of refused) {
    it(`may not be ${name}`, () => {
      assert.throws(
        () => parse(changes),
        (error: unknown) => {
          assert.ok(error instanceof ConfigurationError)
          assert.match(error.message, message)
          assert.ok(!error.message.includes(secret))
          return true
        },
      )
    })
  }
})

describe('an OAuth issuer as an option of a client', () => {
  const target = 'https://reports.example'
  let bound: TlsClientCertificate
  before(async () => {
    const made = await makeCertificate({ commonName: 'Documents', keyType: 'ec256' })
    bound = { certificate: made.certificatePem, privateKey: made.privateKeyPem }
  })

  it('is checked with the options of the client', () => {
    assert.equal(readTargetAddress({ target, oauth: usual }).href, 'https://reports.example/')
    assert.throws(() => readTargetAddress({ target, oauth: { ...usual, issuer: 'http://login.example' } }), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^options\.oauth\.issuer must be an https address/,
    })
  })

  it('is checked as soon as the client is made, and asked only when a call needs a token', () => {
    const server = makeOAuthCaller(fixedClock).server
    createS2SClient({ target, oauth: usual }, server).close()
    assert.throws(() => createS2SClient({ target, oauth: { ...usual, delegation: 'entra-obo' } }, server), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^oauth\.scope is missing/,
    })
  })

  it('is where tokens are bound: those that this server signs itself are not', () => {
    for (const option of [{ dpop: true }, { mtls: true }]) {
      assert.throws(() => readTargetAddress({ target, ...option }), {
        code: 'ERR_S2S_OPTION_UNKNOWN',
        message: /^options\.(dpop|mtls) is unknown/,
      })
    }
  })

  it('binds tokens in one way only, and shows one certificate', () => {
    const { server } = makeOAuthCaller(fixedClock)
    const agent = new https.Agent({ cert: 'a' })
    for (const [options, message] of [
      [{ oauth: { ...usual, mtls: true } }, /^oauth\.mtls: true needs authentication/],
      [{ oauth: { ...usual, mtls: bound }, agent }, /^agent has a cert of its own/],
      [{ oauth: { ...usual, mtls: bound, dpop: true } }, /^oauth\.mtls and oauth\.dpop both bind tokens/],
    ] as const) {
      assert.throws(() => createS2SClient({ target, ...options }, server), { code: 'ERR_S2S_OPTION_INVALID', message })
    }
  })

  const others: readonly object[] = [
    { targetClientId: 'a' },
    { targetRealm: 'a' },
    { discoveryPath: '/a' },
    { lifetimeSeconds: 600 },
    { spelling: 'rfc9068' },
    { spelling: 'rfc9068', audience: 'a' },
    { spelling: 'rfc9068', issuer: 'a' },
    { userAttributes: ['upn'] },
  ]
  for (const option of others) {
    it(`does not go together with ${Object.keys(option).join(' and ')}, which would be ignored`, () => {
      assert.throws(() => readTargetAddress({ target, oauth: usual, ...option }), {
        code: 'ERR_S2S_OPTION_INVALID',
        message: /^options\.\w+ is for tokens of this server's own; with oauth leave it out$/,
      })
    })
  }
})
