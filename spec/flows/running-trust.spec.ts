import assert from 'node:assert/strict'
import { after, before, describe, it, mock } from 'node:test'
import { createS2S, type S2SOptions, type TrustedIssuerOptions } from 'passport-s2s'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { startRemoteIssuer, type RemoteIssuer } from '../support/remote-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld, oauthAudience, s2sAudience, self } from '../support/world.ts'

const resources = { 'GET /reports/:id': 'reports.read' }
const claims = { scope: 'reports.read' }
const metadataPath = '/_layouts/15/metadata/json/1'
const outOfReach = 'https://localhost:9'
const world = await makeWorld()
const [farmOptions = assert.fail()] = world.options.trustedIssuers

for (const form of forms) {
  describe(`trust that changes while the server runs (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({ form, s2s: world.options, resources })
    })
    after(() => app.close())

    it('is taken back and given again on the next request', async () => {
      const token = await world.farm.appOnlyToken()
      await assertAccepted(app, token)
      assert.equal(app.s2s.trustedIssuers.remove('farm'), true)
      await assertRefused(app, token, 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.equal(app.s2s.trustedIssuers.remove('farm'), false)
      app.s2s.trustedIssuers.add(farmOptions)
      await assertAccepted(app, token)
      assert.equal(app.s2s.trustedIssuers.remove(world.farm.issuerName), true, 'by its iss')
      await assertRefused(app, token, 'ERR_S2S_ISSUER_UNTRUSTED')
      await assertRefused(app, await world.farm.userToken({ upn: 'x' }), 'ERR_S2S_ISSUER_UNTRUSTED')
      app.s2s.trustedIssuers.add(farmOptions)
    })

    it('is listed without keys', () => {
      const list = app.s2s.trustedIssuers.list()
      assert.deepEqual(list.map(({ name }) => name).sort(), ['farm', 'id', 'login', 'other farm'])
      for (const issuer of list) assert.deepEqual(Object.keys(issuer).sort(), ['issuerNames', 'name'])
    })

    const refused: readonly (readonly [name: string, options: object, code: string])[] = [
      ['an issuer that is there', farmOptions, 'ERR_S2S_OPTION_INVALID'],
      ['an option that is none', { ...farmOptions, name: 'new', audienc: 'x' }, 'ERR_S2S_OPTION_UNKNOWN'],
      ['a type that is none', { ...farmOptions, name: 'new', type: 'any' }, 'ERR_S2S_OPTION_INVALID'],
    ]
    for (const [name, options, code] of refused) {
      it(`is not given to ${name}`, () => {
        const before = app.s2s.trustedIssuers.list()
        assert.throws(
          () => {
            app.s2s.trustedIssuers.add(options as TrustedIssuerOptions)
          },
          { code },
        )
        assert.deepEqual(app.s2s.trustedIssuers.list(), before)
      })
    }
  })

  describe(`keys that are fetched (${form})`, () => {
    let remote: RemoteIssuer
    before(async () => {
      remote = await startRemoteIssuer(form)
    })
    after(() => remote.close())

    it('are not fetched for an issuer that is not configured', async () => {
      const { app, server, time } = remote
      const stranger = makeOAuthIssuer({
        issuer: 'https://stranger.example',
        audience: oauthAudience,
        clock: time.clock,
      })
      for (const iss of [stranger.issuer, `${server.url}/`, `${server.url}/jwks`, '__proto__', 'id@realm']) {
        await assertRefused(app, await stranger.token({ claims: { ...claims, iss } }), 'ERR_S2S_ISSUER_UNTRUSTED')
      }
      assert.deepEqual(server.requests, [])
    })

    it('are fetched once for 60 cold requests at once', async () => {
      const { app, server, issuer } = remote
      const token = await issuer.token({ claims })
      const calls = app.handlerCalls()
      await Promise.all(Array.from({ length: 60 }, () => assertStatus(app, token, 200)))
      assert.equal(app.handlerCalls(), calls + 60)
      assert.deepEqual(server.requests, ['GET /.well-known/openid-configuration', 'GET /jwks'])
    })

    it('are accepted at once after a rotation, and the old ones no longer', async () => {
      const { app, issuer } = remote
      const old = await issuer.token({ claims })
      issuer.rotateKeys()
      await assertAccepted(app, await issuer.token({ claims }))
      await assertRefused(app, old, 'ERR_S2S_KEY_UNKNOWN')
    })

    it('are refused after keysRefreshSeconds when they were withdrawn, also when nothing new was seen', async () => {
      const { app, issuer, time } = remote
      const withdrawn = await issuer.token({ claims })
      issuer.rotateKeys()
      time.advance(60)
      await assertAccepted(app, withdrawn)
      time.advance(40)
      await assertRefused(app, withdrawn, 'ERR_S2S_KEY_UNKNOWN')
      await assertAccepted(app, await issuer.token({ claims }))
    })

    it('are looked for within the token bucket when unknown: 3 at once, one more each 10 seconds', async () => {
      const { app, server, issuer, time } = remote
      time.advance(30)
      const fetchesOf = async (length: number): Promise<number> => {
        const first = server.requests.length
        for (let index = 0; index < length; index++) {
          const token = await issuer.token({ claims, header: { kid: `made-up-${index}` } })
          await assertRefused(app, token, 'ERR_S2S_KEY_UNKNOWN')
        }
        return server.requests.length - first
      }
      assert.equal(await fetchesOf(12), 3)
      time.advance(9)
      assert.equal(await fetchesOf(6), 0)
      time.advance(1)
      assert.equal(await fetchesOf(6), 1)
      await assertAccepted(app, await issuer.token({ claims }))
    })

    it('are not fetched for garbage that names the issuer', async () => {
      const { app, server, issuer, time } = remote
      time.advance(30)
      const first = server.requests.length
      const header = { kid: 'made-up' }
      await assertRefused(app, await issuer.token({ claims: { exp: 1 }, header }), 'ERR_S2S_TOKEN_EXPIRED')
      await assertRefused(app, await issuer.token({ claims: { aud: 'x' }, header }), 'ERR_S2S_AUDIENCE_MISMATCH')
      assert.equal(server.requests.length, first)
    })

    it('are gone with the issuer', async () => {
      const { app, server, issuer } = remote
      const token = await issuer.token({ claims })
      const first = server.requests.length
      assert.equal(app.s2s.trustedIssuers.remove('login'), true)
      await assertRefused(app, token, 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.equal(server.requests.length, first)
    })
  })

  describe(`an s2s-metadata issuer that tells its name itself (${form})`, () => {
    let farm: Farm
    let impostor: Farm
    let server: LocalServer
    let app: GuardedApp
    const time = makeMovableClock()
    let document: object
    before(async () => {
      const names = { realm: self.realm, clientId: 'reporter', audience: s2sAudience, clock: time.clock }
      farm = await makeFarm({ ...names, issuerId: 'teller' })
      impostor = await makeFarm({ ...names, issuerId: 'impostor' })
      document = farm.metadata('sharepoint')
      server = await startHttpsServer(serveDocuments({ [metadataPath]: () => document }))
      app = await startGuardedApp({ form, s2s: metadataOptions(server, time), resources })
    })
    after(async () => {
      await Promise.all([app.close(), server.close()])
    })

    it('is found by its first token', async () => {
      await assertAccepted(app, await farm.appOnlyToken())
      assert.deepEqual(server.requests, [`GET ${metadataPath}`])
      assert.deepEqual(app.s2s.trustedIssuers.list(), [{ name: 'teller', issuerNames: [`teller@${self.realm}`] }])
    })

    it('causes no fetch for other issuers any more', async () => {
      await assertRefused(app, await impostor.appOnlyToken(), 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.equal(server.requests.length, 1)
    })

    it('keeps its name when its document says another: neither is believed once the keys are too old', async () => {
      document = impostor.metadata('sharepoint')
      time.advance(100)
      await assertAccepted(app, await farm.appOnlyToken())
      await assertRefused(app, await impostor.appOnlyToken(), 'ERR_S2S_ISSUER_UNTRUSTED')
      time.advance(100)
      await assertStatus(app, await farm.appOnlyToken(), 503)
      await assertRefused(app, await impostor.appOnlyToken(), 'ERR_S2S_ISSUER_UNTRUSTED')
      document = farm.metadata('sharepoint')
      time.advance(10)
      await assertAccepted(app, await farm.appOnlyToken())
    })
  })
}

describe('ready()', () => {
  it('fetches all keys, so that the first request need not', async () => {
    const remote = await startRemoteIssuer('protect')
    await remote.app.s2s.ready()
    assert.deepEqual(remote.server.requests, ['GET /.well-known/openid-configuration', 'GET /jwks'])
    const [event, ...others] = remote.app.events
    assert.deepEqual([event?.name, event?.outcome, event?.issuer], ['keys.refreshed', 'notice', 'login'])
    assert.deepEqual(others, [])
    await assertAccepted(remote.app, await remote.issuer.token({ claims }))
    assert.equal(remote.server.requests.length, 2)
    await remote.close()
  })

  it('tries all and rejects with the failure of one', async () => {
    const remote = await startRemoteIssuer('protect', [{ type: 'openid', name: 'partner', issuer: outOfReach }])
    await assert.rejects(remote.app.s2s.ready(), { name: 'UnavailableError', code: 'ERR_S2S_KEYS_UNREACHABLE' })
    assert.equal(remote.server.requests.length, 2)
    await assertAccepted(remote.app, await remote.issuer.token({ claims }))
    await remote.close()
  })

  it('has nothing to wait for where keys are configured', async () => {
    const s2s = createS2S(world.options)
    await s2s.ready()
    s2s.close()
  })
})

describe('close()', () => {
  it('stops the timer that refreshes ahead; it never kept the process alive', async () => {
    const setTimer = mock.method(globalThis, 'setTimeout')
    const clearTimer = mock.method(globalThis, 'clearTimeout')
    const remote = await startRemoteIssuer('protect')
    try {
      await remote.app.s2s.ready()
      // 70 to 80 % of keysRefreshSeconds.
      const timers = setTimer.mock.calls.filter(
        ({ arguments: [, delay] }) => typeof delay === 'number' && delay > 69_000 && delay <= 80_000,
      )
      const timer = timers[0]?.result
      assert.equal(timers.length, 1)
      assert.equal(timer?.hasRef(), false)
      const isCleared = (): boolean => clearTimer.mock.calls.some(({ arguments: [cleared] }) => cleared === timer)
      assert.equal(isCleared(), false)
      remote.app.s2s.close()
      assert.equal(isCleared(), true)
      remote.app.s2s.close()
    } finally {
      mock.restoreAll()
      await remote.close()
    }
  })
})

function metadataOptions(server: LocalServer, { clock }: MovableClock): S2SOptions {
  return {
    self,
    clock,
    ca: server.ca,
    trustedIssuers: [
      {
        type: 's2s-metadata',
        name: 'teller',
        metadataEndpoint: server.url + metadataPath,
        isTrustBroker: true,
        keysRefreshSeconds: 100,
        keysStaleSeconds: 200,
      },
    ],
    grants: [{ issuer: 'teller', application: 'reporter', permissions: ['reports.read'], appOnly: true }],
  }
}

async function assertStatus(app: GuardedApp, token: string, status: number): Promise<void> {
  const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
  assert.equal(answer.status, status, answer.body)
}

async function assertAccepted(app: GuardedApp, token: string): Promise<void> {
  const calls = app.handlerCalls()
  await assertStatus(app, token, 200)
  assert.equal(app.handlerCalls(), calls + 1)
}

async function assertRefused(app: GuardedApp, token: string, code: string): Promise<void> {
  const calls = app.handlerCalls()
  await assertStatus(app, token, 401)
  assert.equal(app.handlerCalls(), calls)
  const refusal = app.events.findLast(({ name }) => name === 'token.rejected')
  assert.equal(refusal?.code, code)
}
