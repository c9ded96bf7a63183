import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { OAuthAuthentication, S2SOptions, S2SPrincipal } from 'passport-s2s'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import { assertRefused } from '../support/attack.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { postForm } from '../support/post-form.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a secret: with + % & = and / of this run'
const caller = { id: 'caller', secret: 'a-secret-of-the-caller' }
const resources = { 'GET /reports/:id': 'reports.read' }

describe('a running oidc-provider that is asked about its opaque tokens', () => {
  let provider: RunningOpenIdProvider
  let serverKey: SigningKey
  let certificate: TestCertificate
  let time: MovableClock

  before(async () => {
    serverKey = await makeSigningKey({ commonName: 'Reports' })
    certificate = await makeCertificate({ commonName: 'by-certificate', keyType: 'ec256' })
    time = makeMovableClock(Math.floor(Date.now() / 1000))
    provider = await startOpenIdProvider(oauthAudience, {
      clients: [
        clientOf('by-basic', 'client_secret_basic', { client_secret: secret }),
        clientOf('by-post', 'client_secret_post', { client_secret: secret }),
        clientOf('by-key', 'private_key_jwt', { jwks: { keys: [jwkOf(serverKey.publicKey, serverKey.kid)] } }),
        clientOf('by-certificate', 'self_signed_tls_client_auth', {
          jwks: { keys: [{ ...jwkOf(certificate.publicKey, '1'), x5c: [certificate.derBase64] }] },
        }),
        clientOf(caller.id, 'client_secret_basic', { client_secret: caller.secret }),
      ],
    })
  })
  after(() => provider.stop())

  /** By client credentials; without a resource it is for nobody, and opaque. */
  async function makeToken(resource?: string): Promise<string> {
    const form = {
      grant_type: 'client_credentials',
      scope: 'reports.read',
      ...(resource === undefined ? {} : { resource }),
    }
    const answer = await postForm({ url: `${provider.issuer}/token`, ca: provider.ca, client: caller }, form)
    assert.equal(answer['token_type'], 'Bearer', JSON.stringify(answer))
    return answer['access_token'] as string
  }

  const revoke = (token: string): Promise<unknown> =>
    postForm({ url: `${provider.issuer}/token/revocation`, ca: provider.ca, client: caller }, { token })

  const startApp = (clientId: string, authentication: OAuthAuthentication): Promise<GuardedApp> =>
    startGuardedApp({ form: 'protect', s2s: optionsFor(clientId, authentication), resources })

  function optionsFor(clientId: string, authentication: OAuthAuthentication): S2SOptions {
    const { privateKey, certificate: own } = { privateKey: serverKey.privateKey, certificate: serverKey.derBase64 }
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const signingKeys = { current: { privateKey: pem, certificate: own } }
    return {
      self: { clientId: 'reports', realm: 'realm', hosts: ['reports.example.com'], signingKeys },
      audience: oauthAudience,
      clock: time.clock,
      ca: provider.ca,
      trustedIssuers: [
        {
          ...{ type: 'introspection', name: 'provider', issuer: provider.issuer, clientId, authentication },
          ...{ acceptMissingAudience: true, callerKind: 'rfc7662' },
        },
      ],
    }
  }

  async function assertAccepted(app: GuardedApp, token: string): Promise<S2SPrincipal> {
    const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
    assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
    return (JSON.parse(answer.body) as { caller: S2SPrincipal }).caller
  }

  const ways: readonly (readonly [clientId: string, authentication: () => OAuthAuthentication])[] = [
    ['by-basic', () => ({ type: 'client_secret_basic', secret })],
    ['by-post', () => ({ type: 'client_secret_post', secret })],
    ['by-key', () => ({ type: 'private_key_jwt' })],
    [
      'by-certificate',
      () => ({ type: 'mtls', certificate: certificate.certificatePem, privateKey: certificate.privateKeyPem }),
    ],
  ]
  for (const [clientId, authentication] of ways) {
    it(`accepts a token after asking ${clientId}`, async () => {
      const app = await startApp(clientId, authentication())
      try {
        const principal = await assertAccepted(app, await makeToken())
        assert.equal(principal.kind, 'app')
        assert.deepEqual(principal.application, { id: caller.id })
        assert.deepEqual(principal.permissions, ['reports.read'])
        assert.equal(principal.token.format, 'opaque')
        assert.equal(principal.token.expiresAt, (principal.token.issuedAt ?? 0) + 600)
      } finally {
        await app.close()
      }
    })
  }

  it('refuses a token within cacheSeconds of its revocation, and one that was never made at once', async () => {
    const app = await startApp('by-basic', { type: 'client_secret_basic', secret })
    try {
      const [kept, revoked] = [await makeToken('urn:reports:opaque'), await makeToken('urn:reports:opaque')]
      await assertAccepted(app, kept)
      await assertAccepted(app, revoked)
      await revoke(revoked)
      time.advance(29)
      await assertAccepted(app, revoked)
      time.advance(1)
      await assertRefused(app, { name: '', token: revoked, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
      await assertAccepted(app, kept)
      const unknown = kept.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))
      await assertRefused(app, { name: '', token: unknown, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
    } finally {
      await app.close()
    }
  })

  it('gives 503 and never 401 while it is down, and when our secret is wrong', async () => {
    const app = await startApp('by-basic', { type: 'client_secret_basic', secret })
    const mistaken = await startApp('by-basic', { type: 'client_secret_basic', secret: 'not the secret' })
    try {
      const token = await makeToken()
      const outage = { name: '', token, status: 503, code: 'ERR_S2S_INTROSPECTION_UNAVAILABLE' }
      await assertRefused(mistaken, outage)
      assert.match(mistaken.events.at(-1)?.reason ?? '', /may not ask \(status 401\)/)
      await provider.stop()
      await assertRefused(app, outage)
      await provider.start()
      time.advance(10)
      await assertAccepted(app, token)
    } finally {
      await Promise.all([app.close(), mistaken.close()])
    }
  })
})

function clientOf(id: string, method: string, metadata: object): object {
  return { client_id: id, token_endpoint_auth_method: method, ...metadata }
}

function jwkOf(key: { export(options: { format: 'jwk' }): object }, kid: string): object {
  return { ...key.export({ format: 'jwk' }), kid }
}
