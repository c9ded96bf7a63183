import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import type { OAuthAuthentication } from '../../lib/oauth/client-authentication-options.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { assertCallFails, makeOAuthCaller, type OAuthCaller } from '../support/oauth-caller.ts'
import { startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a secret: with + % & = and / of this run'
const clock = (): number => Date.now() / 1000

describe('a server that gets its tokens from a running oidc-provider', () => {
  let provider: RunningOpenIdProvider
  let app: GuardedApp
  let serverKey: SigningKey
  let caller: OAuthCaller
  let otherKey: TestCertificate
  let certified: TestCertificate
  let selfSigned: TestCertificate

  before(async () => {
    serverKey = await makeSigningKey({ commonName: 'Reports' })
    otherKey = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })
    const authority = await makeCertificate({ commonName: 'Client Authority', keyType: 'ec256' })
    certified = await makeCertificate({ commonName: 'by-certificate', keyType: 'ec256', signedBy: authority })
    selfSigned = await makeCertificate({ commonName: 'by-own-certificate', keyType: 'ec256' })
    provider = await startOpenIdProvider(oauthAudience, {
      clientAuthorities: [authority.certificatePem],
      clients: [
        clientOf('by-basic', 'client_secret_basic', { client_secret: secret, scope: 'reports.read' }),
        clientOf('by-post', 'client_secret_post', { client_secret: secret }),
        clientOf('by-key', 'private_key_jwt', { jwks: { keys: [jwkOf(serverKey.publicKey, serverKey.kid)] } }),
        clientOf('by-other-key', 'private_key_jwt', {
          jwks: { keys: [jwkOf(otherKey.publicKey, 'registered-1')] },
          token_endpoint_auth_signing_alg: 'ES256',
        }),
        clientOf('by-certificate', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=by-certificate' }),
        clientOf('by-own-certificate', 'self_signed_tls_client_auth', {
          jwks: { keys: [{ ...jwkOf(selfSigned.publicKey, '1'), x5c: [selfSigned.derBase64] }] },
        }),
      ],
    })
    caller = makeOAuthCaller(clock, serverKey)
    app = await startGuardedApp({
      form: 'protect',
      s2s: {
        audience: oauthAudience,
        clock,
        ca: provider.ca,
        trustedIssuers: [{ type: 'openid', name: 'provider', issuer: provider.issuer, strict: true }],
      },
      resources: { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write' },
    })
  })
  after(() => Promise.all([app.close(), provider.stop()]))

  const oauth = (clientId: string, authentication: OAuthAuthentication): OAuthTokenOptions => ({
    issuer: provider.issuer,
    clientId,
    authentication,
    scope: 'reports.read',
    resource: 'urn:reports:RS256',
    ca: provider.ca,
  })
  const mtls = (certificate: TestCertificate): OAuthAuthentication => ({
    type: 'mtls',
    certificate: certificate.certificatePem,
    privateKey: certificate.privateKeyPem,
  })

  const ways: readonly (readonly [name: string, clientId: string, authentication: () => OAuthAuthentication])[] = [
    ['a secret in the header', 'by-basic', () => ({ type: 'client_secret_basic', secret })],
    ['a secret in the form', 'by-post', () => ({ type: 'client_secret_post', secret })],
    ['its own signing key', 'by-key', () => ({ type: 'private_key_jwt' })],
    ['its own signing key and PS256', 'by-key', () => ({ type: 'private_key_jwt', algorithm: 'PS256' })],
    [
      'an assertion for the token endpoint',
      'by-key',
      () => ({ type: 'private_key_jwt', assertionAudience: 'token-endpoint', assertionLifetimeSeconds: 300 }),
    ],
    [
      'another key under the id it is registered by',
      'by-other-key',
      () => ({
        type: 'private_key_jwt',
        keyId: 'registered-1',
        key: { privateKey: otherKey.privateKeyPem, certificate: otherKey.certificatePem },
      }),
    ],
    ['a certificate of an authority', 'by-certificate', () => mtls(certified)],
    ['a certificate of its own', 'by-own-certificate', () => mtls(selfSigned)],
  ]
  for (const [name, clientId, authentication] of ways) {
    it(`calls a guarded server after it proved who it is with ${name}`, async () => {
      const calls = app.handlerCalls()
      const client = caller.clientFor(app, oauth(clientId, authentication()))
      const answer = await client.fetch('/reports/1')
      assert.equal(answer.status, 200, await answer.text())
      assert.equal(app.handlerCalls(), calls + 1)
      const { kind, application, issuer, permissions } = app.lastCaller() ?? {}
      assert.deepEqual(
        { kind, application, issuer, permissions },
        { kind: 'app', application: { id: clientId }, issuer: 'provider', permissions: ['reports.read'] },
      )
      const { name: event, application: obtainedBy, issuer: from, resource } = caller.events.at(-1) ?? {}
      assert.deepEqual([event, obtainedBy?.id, from, resource], ['token.obtained', clientId, provider.issuer, app.url])
    })
  }

  it('asks for metadata and token once for many calls', async () => {
    const before = provider.requests.length
    const client = caller.clientFor(app, oauth('by-basic', { type: 'client_secret_basic', secret }))
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.fetch('/reports/1')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.deepEqual(provider.requests.slice(before), ['GET /.well-known/openid-configuration', 'POST /token'])
  })

  it('gets no further than its scope', async () => {
    const calls = app.handlerCalls()
    const client = caller.clientFor(app, oauth('by-basic', { type: 'client_secret_basic', secret }))
    assert.equal((await client.fetch('/reports/1', { method: 'PUT' })).status, 403)
    assert.equal(app.handlerCalls(), calls)
  })

  const refused: readonly (readonly [name: string, change: () => Partial<OAuthTokenOptions>, word: string])[] = [
    [
      'the secret is wrong',
      () => ({ authentication: { type: 'client_secret_basic', secret: `${secret}!` } }),
      'invalid_client',
    ],
    ['the key is not registered', () => ({ authentication: { type: 'private_key_jwt' } }), 'invalid_client'],
    [
      'the assertion is signed by a key that is not registered',
      () => ({
        clientId: 'by-key',
        authentication: {
          type: 'private_key_jwt',
          keyId: serverKey.kid,
          key: { privateKey: otherKey.privateKeyPem, certificate: otherKey.certificatePem },
        },
      }),
      'invalid_client',
    ],
    [
      'the certificate is another one',
      () => ({ clientId: 'by-certificate', authentication: mtls(selfSigned) }),
      'invalid_client',
    ],
    ['the client is unknown', () => ({ clientId: 'nobody' }), 'invalid_client'],
    ['the scope is not for this client', () => ({ scope: ['reports.read', 'reports.write'] }), 'invalid_scope'],
  ]
  for (const [name, change, word] of refused) {
    it(`calls nobody when ${name}`, async () => {
      const requests = app.requests.length
      const firstEvent = caller.events.length
      const usual = oauth('by-basic', { type: 'client_secret_basic', secret })
      const client = caller.clientFor(app, { ...usual, ...change() })
      await assertCallFails(client.fetch('/reports/1'), {
        code: 'ERR_S2S_TOKEN_REQUEST_REFUSED',
        side: 'ours',
        reason: new RegExp(`refused the token request \\(${word}: `),
        secrets: [secret, otherKey.privateKeyPem],
      })
      assert.equal(app.requests.length, requests, 'the target was called')
      assert.deepEqual(
        caller.events.slice(firstEvent).map((event) => [event.name, event.outcome, event.code]),
        [['call.failed', 'refused', 'ERR_S2S_TOKEN_REQUEST_REFUSED']],
      )
    })
  }

  it('says of a provider that is down that it is the issuer who must act, and recovers', async () => {
    const client = caller.clientFor(app, oauth('by-basic', { type: 'client_secret_basic', secret }))
    const requests = app.requests.length
    await provider.stop()
    await assertCallFails(client.fetch('/reports/1'), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      side: 'issuer',
      reason: /ECONNREFUSED/,
      secrets: [secret],
    })
    assert.equal(app.requests.length, requests, 'the target was called')
    assert.deepEqual([caller.events.at(-1)?.name, caller.events.at(-1)?.outcome], ['call.failed', 'unavailable'])
    await provider.start()
    assert.equal((await client.fetch('/reports/1')).status, 200)
  })
})

function clientOf(client_id: string, token_endpoint_auth_method: string, others: object): object {
  return { client_id, token_endpoint_auth_method, ...others }
}

function jwkOf(key: SigningKey['publicKey'], kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid, use: 'sig' }
}
