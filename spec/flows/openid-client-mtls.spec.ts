import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeHttpsFetch } from '../support/https-fetch.ts'
import { makeOpenIdCaller, type OpenIdCaller } from '../support/openid-caller.ts'
import { certificateClient, startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { oauthAudience } from '../support/world.ts'

const wanted = { scope: 'reports.read', resource: 'urn:reports:RS256' }

describe('certificate-bound tokens: openid-client with a running oidc-provider, calling a guarded app', () => {
  let provider: RunningOpenIdProvider
  let app: GuardedApp
  let certificate: TestCertificate
  let other: TestCertificate
  let caller: OpenIdCaller

  before(async () => {
    certificate = await makeCertificate({ commonName: 'reporting', keyType: 'ec256' })
    other = await makeCertificate({ commonName: 'reporting', keyType: 'ec256' })
    provider = await startOpenIdProvider(oauthAudience, { clients: [certificateClient('reporting', certificate)] })
    app = await startGuardedApp({
      form: 'protect',
      requestCert: true,
      s2s: {
        audience: oauthAudience,
        ca: provider.ca,
        clientCertificates: { from: 'socket' },
        trustedIssuers: [{ type: 'openid', name: 'provider', issuer: provider.issuer, strict: true, mtls: 'required' }],
      },
      resources: { 'GET /reports/:id': 'reports.read', 'POST /reports/:id': 'reports.read' },
    })
    caller = await callerWith(certificate)
  })
  after(() => Promise.all([app.close(), provider.stop()]))

  const callerWith = (shown: TestCertificate): Promise<OpenIdCaller> =>
    makeOpenIdCaller({
      issuer: provider.issuer,
      clientId: 'reporting',
      authentication: openid.TlsClientAuth(),
      ca: provider.ca,
      certificate: shown,
    })
  const reports = (): string => `${app.url}/reports/1`

  it('lets a bound token in over a connection with its certificate', async () => {
    const token = await caller.token(wanted)
    assert.equal(await caller.call(token, reports()), 200)
    assert.equal(await caller.call(token, reports(), { method: 'POST', body: 'a report' }), 200)
    const { application, token: facts } = app.lastCaller() ?? assert.fail()
    assert.deepEqual([application.id, facts.provedBy], ['reporting', ['mtls']])
  })

  const refused = async (attempt: () => Promise<number>, code: string): Promise<void> => {
    const [calls, events] = [app.handlerCalls(), app.events.length]
    assert.equal(await attempt(), 401)
    assert.equal(app.handlerCalls(), calls, 'the handler ran')
    assert.deepEqual(
      app.events.slice(events).map((event) => event.code),
      [code],
    )
  }

  it('does not let it in without a certificate, with another one, or with one in a header', async () => {
    const token = await caller.token(wanted)
    const headers = { authorization: `Bearer ${token}` }
    const naked = makeHttpsFetch({ ca: app.ca })
    await refused(async () => (await naked.fetch(reports(), { headers })).status, 'ERR_S2S_TOKEN_BOUND')
    const strange = makeHttpsFetch({ ca: app.ca, certificate: other })
    await refused(async () => (await strange.fetch(reports(), { headers })).status, 'ERR_S2S_TOKEN_BOUND')
    const claimed = { ...headers, 'client-cert': `:${certificate.derBase64}:` }
    await refused(async () => (await naked.fetch(reports(), { headers: claimed })).status, 'ERR_S2S_TOKEN_BOUND')
    assert.equal(await caller.call(token, reports()), 200, 'it is good all the same for whom it belongs to')
  })

  it('does not let a token in that is bound to nothing, whoever brings it', async () => {
    const token = await provider.token('RS256')
    await refused(() => caller.call(token, reports()), 'ERR_S2S_TOKEN_NOT_BOUND')
  })

  it('gets no token from the provider with another certificate of the same name', async () => {
    const impostor = await callerWith(other)
    await assert.rejects(impostor.token(wanted), { error: 'invalid_client' })
  })
})
