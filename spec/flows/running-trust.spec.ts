import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const resources = { 'GET /reports/:id': 'reports.read' }
const claims = { scope: 'reports.read' }
const world = await makeWorld()

for (const form of forms) {
  describe(`trust that changes while the server runs (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({ form, s2s: world.options, resources })
    })
    after(() => app.close())

    it('is taken back and given again on the next request', async () => {
      const token = await world.farm.appOnlyToken()
      assert.equal((await send(app, token)).status, 200)
      assert.equal(app.s2s.trustedIssuers.remove('farm'), true)
      assert.equal((await send(app, token)).status, 401)
      assert.equal(app.events.at(-1)?.code, 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.equal(app.s2s.trustedIssuers.remove('farm'), false)
      const [farm] = world.options.trustedIssuers
      assert.ok(farm)
      app.s2s.trustedIssuers.add(farm)
      assert.equal((await send(app, token)).status, 200)
    })

    it('is listed without keys', () => {
      const names = app.s2s.trustedIssuers.list().map(({ name }) => name)
      assert.deepEqual([...names].sort(), ['farm', 'id', 'login', 'other farm'])
    })
  })

  describe(`keys that are fetched (${form})`, () => {
    const { clock, advance } = makeMovableClock()
    let issuer: OAuthIssuer
    let server: LocalServer
    let app: GuardedApp
    before(async () => {
      server = await startHttpsServer((request, response) => {
        serveDocuments({ '/.well-known/openid-configuration': issuer.metadata(), '/jwks': issuer.jwks() })(
          request,
          response,
        )
      })
      issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock })
      const s2s: S2SOptions = {
        audience: oauthAudience,
        clock,
        ca: server.ca,
        trustedIssuers: [{ type: 'openid', name: 'login', issuer: server.url, keysRefreshSeconds: 100 }],
      }
      app = await startGuardedApp({ form, s2s, resources })
    })
    after(async () => {
      await app.close()
      await server.close()
    })

    it('are not fetched for an issuer that is not configured', async () => {
      const stranger = makeOAuthIssuer({ issuer: 'https://stranger.example', audience: oauthAudience, clock })
      assert.equal((await send(app, await stranger.token({ claims }))).status, 401)
      assert.deepEqual(server.requests, [])
    })

    it('are fetched once for 60 requests at once', async () => {
      const token = await issuer.token({ claims })
      const answers = await Promise.all(Array.from({ length: 60 }, () => send(app, token)))
      assert.ok(answers.every(({ status }) => status === 200))
      assert.deepEqual(server.requests, ['GET /.well-known/openid-configuration', 'GET /jwks'])
    })

    it('are accepted at once after a rotation; the withdrawn key ends with the refresh', async () => {
      const old = await issuer.token({ claims })
      issuer.rotateKeys()
      assert.equal((await send(app, await issuer.token({ claims }))).status, 200)
      assert.equal((await send(app, old)).status, 401)
      issuer.rotateKeys()
      advance(100)
      assert.equal((await send(app, await issuer.token({ claims }))).status, 200)
    })

    it('are ready before the first request when the server asks for that', async () => {
      await app.s2s.ready()
    })
  })
}

describe('a server whose issuer is out of reach', () => {
  it('is not ready, and says why', async () => {
    const options: S2SOptions = {
      audience: oauthAudience,
      trustedIssuers: [{ type: 'openid', issuer: 'https://localhost:9' }],
    }
    const app = await startGuardedApp({ form: 'protect', s2s: options, resources })
    await assert.rejects(app.s2s.ready(), { name: 'UnavailableError', code: 'ERR_S2S_KEYS_UNREACHABLE' })
    await app.close()
  })
})

function send(app: GuardedApp, token: string): Promise<RawAnswer> {
  return sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
}
