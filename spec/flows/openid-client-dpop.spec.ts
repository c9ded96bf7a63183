import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import type { S2SOptions } from 'passport-s2s'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeOpenIdCaller, type OpenIdCaller } from '../support/openid-caller.ts'
import { startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a-secret-of-this-run'
const origin = 'https://reports.example.com'
const reports = `${origin}/reports/1`
const wanted = { scope: 'reports.read', resource: 'urn:reports:RS256' }

describe('DPoP: openid-client with a running oidc-provider, calling a guarded app', () => {
  let provider: RunningOpenIdProvider
  let app: GuardedApp
  let demanding: GuardedApp
  let place: GuardedApp
  let caller: OpenIdCaller

  before(async () => {
    provider = await startOpenIdProvider(oauthAudience, {
      clients: [{ client_id: 'reporting', client_secret: secret, dpop_bound_access_tokens: true }],
    })
    app = await start({})
    demanding = await start({ nonces: 'required' })
    caller = await makeOpenIdCaller({
      issuer: provider.issuer,
      clientId: 'reporting',
      authentication: openid.ClientSecretBasic(secret),
      ca: provider.ca,
      route: (name) => (name === origin ? place : undefined),
    })
  })
  afterEach(() => {
    provider.wantsNonces = false
  })
  after(() => Promise.all([app.close(), demanding.close(), provider.stop()]))

  const start = (dpop: S2SOptions['dpop']): Promise<GuardedApp> =>
    startGuardedApp({
      form: 'protect',
      s2s: {
        audience: oauthAudience,
        ca: provider.ca,
        dpop: { origins: [origin], ...dpop },
        trustedIssuers: [{ type: 'openid', name: 'provider', issuer: provider.issuer, strict: true, dpop: 'required' }],
      },
      resources: { 'GET /reports/:id': 'reports.read', 'POST /reports/:id': 'reports.read' },
    })
  const proofOf = async (algorithm?: string): Promise<openid.DPoPOptions> => ({
    DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair(algorithm)),
  })

  for (const algorithm of ['ES256', 'Ed25519']) {
    it(`lets a bound token in with its proofs (${algorithm})`, async () => {
      place = app
      const proof = await proofOf(algorithm)
      const token = await caller.token(wanted, proof)
      for (const call of [{}, { method: 'POST', body: 'a report' }]) {
        assert.equal(await caller.call(token, `${reports}?a=b`, { ...call, ...proof }), 200)
      }
      const { application, token: facts } = app.lastCaller() ?? assert.fail()
      assert.deepEqual([application.id, facts.provedBy], ['reporting', ['dpop']])
    })
  }

  it('gets through where both the provider and the app want their nonces', async () => {
    place = demanding
    provider.wantsNonces = true
    const [first, calls] = [caller.sent.length, demanding.handlerCalls()]
    const proof = await proofOf()
    const token = await caller.token(wanted, proof)
    assert.equal(await caller.call(token, reports, proof), 200)
    assert.equal(await caller.call(token, reports, proof), 200)
    assert.deepEqual(
      caller.sent.slice(first).map(({ url, status }) => [url, status]),
      [
        [`${provider.issuer}/token`, 400],
        [`${provider.issuer}/token`, 200],
        [reports, 401],
        [reports, 200],
        [reports, 200],
      ],
    )
    assert.equal(demanding.handlerCalls(), calls + 2)
  })

  const refused = async (attempt: () => Promise<number>, code: string): Promise<void> => {
    place = app
    const [calls, events] = [app.handlerCalls(), app.events.length]
    assert.equal(await attempt(), 401)
    assert.equal(app.handlerCalls(), calls, 'the handler ran')
    assert.deepEqual(
      app.events.slice(events).map((event) => event.code),
      [code],
    )
  }

  it('does not let a bound token in as a Bearer token', async () => {
    const token = await caller.token(wanted, await proofOf())
    await refused(() => caller.call(token, reports), 'ERR_S2S_TOKEN_BOUND')
  })

  it('does not let a token in that is bound to nothing', async () => {
    const token = await provider.token('RS256')
    await refused(() => caller.call(token, reports), 'ERR_S2S_TOKEN_NOT_BOUND')
  })

  it("does not let a token in with the proof of another client's key", async () => {
    const token = await caller.token(wanted, await proofOf())
    const other = await proofOf()
    await refused(() => caller.call(token, reports, other), 'ERR_S2S_TOKEN_BOUND')
  })

  it('does not let the same proof in twice, nor for another path, nor with another token', async () => {
    place = app
    const proof = await proofOf()
    const token = await caller.token(wanted, proof)
    assert.equal(await caller.call(token, reports, proof), 200)
    const sent = caller.sent.at(-1) ?? assert.fail()
    await refused(async () => (await caller.replay(sent)).status, 'ERR_S2S_DPOP_PROOF_REPLAYED')
    const elsewhere = { ...sent, url: `${origin}/reports/2` }
    await refused(async () => (await caller.replay(elsewhere)).status, 'ERR_S2S_DPOP_PROOF_INVALID')
    const headers = new Headers(sent.headers)
    headers.set('authorization', `DPoP ${await caller.token(wanted, proof)}`)
    await refused(async () => (await caller.replay({ ...sent, headers })).status, 'ERR_S2S_DPOP_PROOF_INVALID')
  })

  it('does not let a proof in that was made for another server of the same fleet name', async () => {
    const proof = await proofOf()
    const token = await caller.token(wanted, proof)
    await refused(() => caller.call(token, `${app.url}/reports/1`, proof), 'ERR_S2S_DPOP_PROOF_INVALID')
  })
})
