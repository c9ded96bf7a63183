import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeHttpsFetch } from '../support/https-fetch.ts'
import { makeOpenIdCaller, type OpenIdCaller } from '../support/openid-caller.ts'
import { certificateClient, startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a-secret-of-this-run'
const origin = 'https://reports.example.com'
const reports = `${origin}/reports/1`
const wanted = { scope: 'reports.read', resource: 'urn:reports:opaque' }

describe('opaque tokens: openid-client with a running oidc-provider, calling an app that asks the provider', () => {
  let provider: RunningOpenIdProvider
  let app: GuardedApp
  let certificate: TestCertificate
  let plain: OpenIdCaller
  let proving: OpenIdCaller
  let certified: OpenIdCaller

  before(async () => {
    certificate = await makeCertificate({ commonName: 'by-certificate', keyType: 'ec256' })
    provider = await startOpenIdProvider(oauthAudience, {
      clients: [
        { client_id: 'plain', client_secret: secret },
        { client_id: 'proving', client_secret: secret, dpop_bound_access_tokens: true },
        certificateClient('by-certificate', certificate),
        { client_id: 'the-app', client_secret: secret },
      ],
    })
    app = await startGuardedApp({
      form: 'protect',
      requestCert: true,
      s2s: {
        audience: oauthAudience,
        ca: provider.ca,
        dpop: { origins: [origin] },
        clientCertificates: { from: 'socket' },
        trustedIssuers: [
          {
            type: 'introspection',
            name: 'provider',
            issuer: provider.issuer,
            clientId: 'the-app',
            authentication: { type: 'client_secret_basic', secret },
            callerKind: 'rfc7662',
            cacheSeconds: 1,
          },
        ],
      },
      resources: { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write' },
    })
    const way = {
      issuer: provider.issuer,
      authentication: openid.ClientSecretBasic(secret),
      ca: provider.ca,
      route: (name: string) => (name === origin ? app : undefined),
    }
    plain = await makeOpenIdCaller({ ...way, clientId: 'plain' })
    proving = await makeOpenIdCaller({ ...way, clientId: 'proving' })
    const authentication = openid.TlsClientAuth()
    certified = await makeOpenIdCaller({ ...way, clientId: 'by-certificate', authentication, certificate })
  })
  after(() => Promise.all([app.close(), provider.stop()]))

  const questions = (): number => provider.requests.filter((line) => line.endsWith('/introspection')).length
  const proofOf = async (caller: OpenIdCaller): Promise<openid.DPoPOptions> => ({
    DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()),
  })
  const refused = async (attempt: () => Promise<number>, status: number, code: string): Promise<void> => {
    const [calls, events] = [app.handlerCalls(), app.events.length]
    assert.equal(await attempt(), status)
    assert.equal(app.handlerCalls(), calls, 'the handler ran')
    assert.equal(app.events.slice(events).find((event) => event.code !== undefined)?.code, code)
  }

  it('lets a token in that says nothing by itself, with its scopes and no more', async () => {
    const token = await plain.token(wanted)
    assert.ok(!token.includes('.'))
    const asked = questions()
    assert.equal(await plain.call(token, reports), 200)
    assert.equal(questions(), asked + 1)
    const { application, kind, permissions } = app.lastCaller() ?? assert.fail()
    assert.deepEqual([application.id, kind, permissions], ['plain', 'app', ['reports.read']])
    await refused(() => plain.call(token, reports, { method: 'PUT' }), 403, 'ERR_S2S_SCOPE_MISSING')
  })

  it('asks once for many calls at the same time', async () => {
    const token = await plain.token(wanted)
    const asked = questions()
    const statuses = await Promise.all(Array.from({ length: 10 }, () => plain.call(token, reports)))
    assert.deepEqual(new Set(statuses), new Set([200]))
    assert.equal(questions(), asked + 1)
  })

  it('does not let a token in that nobody issued', async () => {
    await refused(() => plain.call('a-token-that-nobody-issued', reports), 401, 'ERR_S2S_TOKEN_INACTIVE')
  })

  it('wants the proof of a token that is bound to a key', async () => {
    const proof = await proofOf(proving)
    const token = await proving.token(wanted, proof)
    assert.equal(await proving.call(token, reports, proof), 200)
    assert.deepEqual(app.lastCaller()?.token.provedBy, ['dpop'])
    await refused(() => proving.call(token, reports), 401, 'ERR_S2S_TOKEN_BOUND')
    const other = await proofOf(proving)
    await refused(() => proving.call(token, reports, other), 401, 'ERR_S2S_TOKEN_BOUND')
    assert.equal(await proving.call(token, reports, proof), 200)
    const sent = proving.sent.at(-1) ?? assert.fail()
    await refused(async () => (await proving.replay(sent)).status, 401, 'ERR_S2S_DPOP_PROOF_REPLAYED')
  })

  it('wants the certificate of a token that is bound to one', async () => {
    const token = await certified.token(wanted)
    assert.equal(await certified.call(token, reports), 200)
    assert.deepEqual(app.lastCaller()?.token.provedBy, ['mtls'])
    const naked = makeHttpsFetch({ ca: app.ca })
    const headers = { authorization: `Bearer ${token}` }
    await refused(
      async () => (await naked.fetch(`${app.url}/reports/1`, { headers })).status,
      401,
      'ERR_S2S_TOKEN_BOUND',
    )
  })

  it('does not let a token in that was taken back, as soon as the remembered answer has ended', async () => {
    const token = await plain.token(wanted)
    assert.equal(await plain.call(token, reports), 200)
    await openid.tokenRevocation(plain.config, token)
    await eventually(async () => (await plain.call(token, reports)) === 401, 'the token is refused')
    await refused(() => plain.call(token, reports), 401, 'ERR_S2S_TOKEN_INACTIVE')
  })

  it('says 503 while the provider is down, and not that the token is bad', async () => {
    const token = await plain.token(wanted)
    await provider.stop()
    await refused(() => plain.call(token, reports), 503, 'ERR_S2S_INTROSPECTION_UNAVAILABLE')
    await provider.start()
    assert.equal(await plain.call(token, reports), 200)
  })
})
