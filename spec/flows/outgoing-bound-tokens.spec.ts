import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { createS2S, createS2SFromFile, type AuditEvent, type OAuthTokenOptions, type S2SClient } from 'passport-s2s'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { certificateClient, startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { makeRoutingAgent } from '../support/routing-agent.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a-secret-of-this-run'
const origin = 'https://reports.example.com'

describe('our own client calls our own server with bound tokens of a running oidc-provider', () => {
  let provider: RunningOpenIdProvider
  let app: GuardedApp
  let certificate: TestCertificate
  let next: TestCertificate

  before(async () => {
    certificate = await makeCertificate({ commonName: 'documents', keyType: 'ec256' })
    next = await makeCertificate({ commonName: 'documents', keyType: 'ec256' })
    provider = await startOpenIdProvider(oauthAudience, {
      clients: [
        { client_id: 'by-secret', client_secret: secret },
        { client_id: 'by-secret-bound', client_secret: secret, tls_client_certificate_bound_access_tokens: true },
        certificateClient('by-certificate', certificate, next),
      ],
    })
    app = await startGuardedApp({
      form: 'protect',
      requestCert: true,
      s2s: {
        audience: oauthAudience,
        ca: provider.ca,
        dpop: { origins: [origin], nonces: 'required' },
        clientCertificates: { from: 'socket' },
        trustedIssuers: [{ type: 'openid', name: 'provider', issuer: provider.issuer, strict: true }],
      },
      resources: {
        'GET /dpop/:id': { scope: 'reports.read', proof: 'dpop' },
        'POST /dpop/:id': { scope: 'reports.read', proof: 'dpop' },
        'GET /mtls/:id': { scope: 'reports.read', proof: 'mtls' },
      },
    })
  })
  after(() => Promise.all([app.close(), provider.stop()]))

  const bySecret = (): OAuthTokenOptions => ({
    issuer: provider.issuer,
    clientId: 'by-secret',
    authentication: { type: 'client_secret_basic', secret },
    scope: 'reports.read',
    resource: 'urn:reports:RS256',
    ca: provider.ca,
  })
  const pair = ({ certificatePem, privateKeyPem }: TestCertificate) => ({
    certificate: certificatePem,
    privateKey: privateKeyPem,
  })
  const clientFor = (
    t: TestContext,
    oauth: Partial<OAuthTokenOptions>,
    target = app.url,
  ): { client: S2SClient; events: readonly AuditEvent[]; health: ReturnType<typeof createS2S>['health'] } => {
    const events: AuditEvent[] = []
    const s2s = createS2S({ trustedIssuers: [], onAuditEvent: (event) => events.push(event) })
    const agent = makeRoutingAgent(app, { ca: app.ca, keepAlive: true })
    const client = s2s.client({ target, agent, oauth: { ...bySecret(), ...oauth } })
    t.after(() => {
      s2s.close()
      agent.destroy()
    })
    return { client, events, health: s2s.health }
  }

  it('proves possession of a key, to the nonces of both', async (t) => {
    provider.wantsNonces = true
    const { client, events } = clientFor(t, { dpop: true }, origin)
    const [asked, called] = [provider.requests.length, app.requests.length]
    for (const init of [{}, { method: 'POST', body: 'a report' }, {}]) {
      const answer = await client.fetch('/dpop/1?a=b', init)
      assert.equal(answer.status, 200, await answer.text())
      assert.deepEqual(app.lastCaller()?.token.provedBy, ['dpop'])
    }
    provider.wantsNonces = false
    const tokenRequests = provider.requests.slice(asked).filter((line) => line === 'POST /token')
    assert.deepEqual([tokenRequests.length, app.requests.length - called], [2, 4], 'each nonce was asked for once')
    assert.deepEqual(
      events.map(({ name, boundTo }) => [name, boundTo]),
      [['token.obtained', 'dpop']],
    )
  })

  it('is refused with the same token of the same issuer without DPoP', async (t) => {
    const { client, events } = clientFor(t, {}, origin)
    const calls = app.handlerCalls()
    assert.equal((await client.fetch('/dpop/1')).status, 401)
    assert.equal(app.handlerCalls(), calls)
    assert.equal(events.at(-1)?.name, 'call.failed')
  })

  for (const [name, oauth] of [
    [
      'that also says who it is',
      (): Partial<OAuthTokenOptions> => ({
        clientId: 'by-certificate',
        authentication: { type: 'mtls', ...pair(certificate) },
        mtls: true,
      }),
    ],
    ['beside a secret', (): Partial<OAuthTokenOptions> => ({ clientId: 'by-secret-bound', mtls: pair(certificate) })],
  ] as const) {
    it(`shows a certificate ${name} to both`, async (t) => {
      const { client, events, health } = clientFor(t, oauth())
      const answer = await client.fetch('/mtls/1')
      assert.equal(answer.status, 200, await answer.text())
      assert.deepEqual(app.lastCaller()?.token.provedBy, ['mtls'])
      assert.equal(events.at(-1)?.boundTo, 'mtls')
      const [shown] = health().ownKeys
      assert.deepEqual([shown?.role, shown?.thumbprint], ['client', certificate.x5t])
    })
  }

  it('is refused where it shows its certificate to the issuer only', async (t) => {
    const { client } = clientFor(t, {
      clientId: 'by-certificate',
      authentication: { type: 'mtls', ...pair(certificate) },
    })
    const [calls, events] = [app.handlerCalls(), app.events.length]
    assert.equal((await client.fetch('/mtls/1')).status, 401)
    assert.equal(app.handlerCalls(), calls)
    assert.deepEqual(new Set(app.events.slice(events).map(({ code }) => code)), new Set(['ERR_S2S_TOKEN_BOUND']))
  })

  it('calls nobody when the issuer does not bind the token', async (t) => {
    const { client } = clientFor(t, { mtls: pair(certificate) })
    const called = app.requests.length
    await assert.rejects(client.fetch('/mtls/1'), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      reason: /not bound to the certificate of oauth\.mtls/,
    })
    assert.equal(app.requests.length, called)
  })

  it('follows a certificate that is renewed on disk, with tokens that are bound to the new one', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'bound-'))
    t.after(() => {
      rmSync(folder, { recursive: true })
    })
    const write = ({ certificatePem, privateKeyPem }: TestCertificate): void => {
      writeFileSync(join(folder, 'tls.pem'), `${certificatePem}\n${privateKeyPem}`)
    }
    const file = join(folder, 's2s.config.json')
    const [privateKey, ca] = [{ file: './tls.pem' }, provider.ca]
    const authentication = { type: 'mtls', certificate: { file: './public.pem' }, privateKey }
    const oauth = { ...bySecret(), clientId: 'by-certificate', authentication, mtls: true, ca }
    writeFileSync(join(folder, 'public.pem'), certificate.certificatePem)
    write(certificate)
    writeFileSync(
      file,
      JSON.stringify({ trustedIssuers: [], clients: { reports: { target: app.url, ca: app.ca, oauth } } }),
    )
    const s2s = await createS2SFromFile(file)
    t.after(() => {
      s2s.close()
    })
    const client = s2s.client('reports')
    assert.equal((await client.fetch('/mtls/1')).status, 200)
    assert.equal(s2s.health().ownKeys[0]?.thumbprint, certificate.x5t)
    writeFileSync(join(folder, 'public.pem'), next.certificatePem)
    write(next)
    await eventually(() => s2s.health().ownKeys[0]?.thumbprint === next.x5t, 'the new certificate is used')
    assert.equal((await client.fetch('/mtls/1')).status, 200)
  })
})
