import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { flipSignatureBit, readClaims } from '../support/tokens.ts'
import { dana, makeWorld, oauthAudience } from '../support/world.ts'

const world = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' }
const claims = { scope: 'reports.read' }
const invalid = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const
const expired = { status: 401, code: 'ERR_S2S_TOKEN_EXPIRED' } as const
const toleranceSeconds = 60

const actor = await world.farm.actorToken()
const tokens: Readonly<Record<string, string>> = {
  'an OAuth token, RS256': await world.oauth.token({ claims }),
  'an OAuth token, ES256': await world.oauth.token({ claims, algorithm: 'ES256' }),
  'an app-only token': await world.farm.appOnlyToken(),
  'a token for a user': await world.farm.userToken(dana, actor),
}

async function accept(app: GuardedApp, token: string): Promise<void> {
  const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
  assert.equal(answer.status, 200, answer.body)
}

for (const form of forms) {
  describe(`a token that was good before (${form})`, () => {
    let app: GuardedApp
    let time: MovableClock
    beforeEach(async () => {
      time = makeMovableClock()
      app = await startGuardedApp({ form, s2s: { ...world.options, clock: time.clock }, resources })
    })
    afterEach(() => app.close())

    for (const [name, token] of Object.entries(tokens)) {
      it(`row 76: is refused once it has expired: ${name}`, async () => {
        for (let count = 0; count < 3; count += 1) await accept(app, token)
        time.advance(Number(readClaims(token)['exp']) - time.clock() + toleranceSeconds)
        for (let count = 0; count < 2; count += 1) await assertRefused(app, { name, token, ...expired })
      })

      it(`row 76: does not lend its proof to another signature: ${name}`, async () => {
        for (let count = 0; count < 2; count += 1) await accept(app, token)
        const forged =
          name === 'a token for a user'
            ? await world.farm.userToken(dana, flipSignatureBit(actor))
            : flipSignatureBit(token)
        for (let count = 0; count < 2; count += 1) await assertRefused(app, { name, token: forged, ...invalid })
        await accept(app, token)
      })
    }
  })

  describe(`a key name that is used again for another key (${form})`, () => {
    let server: LocalServer
    let app: GuardedApp
    let jwks: object
    const time = makeMovableClock()
    before(async () => {
      server = await startHttpsServer((request, response) => {
        serveDocuments({ '/jwks': jwks })(request, response)
      })
      const { url, ca } = server
      const s2s: S2SOptions = {
        audience: oauthAudience,
        clock: time.clock,
        ca,
        trustedIssuers: [{ type: 'openid', issuer: url, jwksUri: `${url}/jwks`, keysRefreshSeconds: 100 }],
      }
      app = await startGuardedApp({ form, s2s, resources })
    })
    after(() => Promise.all([app.close(), server.close()]))

    it('row 75: takes effect when the keys are due, also for tokens that were good before', async () => {
      const options = { issuer: server.url, audience: oauthAudience, clock: time.clock, algorithms: ['ES256'] } as const
      const [old, next] = [makeOAuthIssuer(options), makeOAuthIssuer(options)]
      assert.equal(old.jwks().keys[0]?.kid, next.jwks().keys[0]?.kid)
      jwks = old.jwks()
      const token = await old.token({ claims })
      for (let count = 0; count < 2; count += 1) await accept(app, token)
      jwks = next.jwks()
      await assertRefused(app, { name: 'too early', token: await next.token({ claims }), ...invalid })
      time.advance(100)
      await assertRefused(app, { name: 'withdrawn', token, ...invalid })
      await accept(app, await next.token({ claims }))
      await assertRefused(app, { name: 'withdrawn', token, ...invalid })
      assert.deepEqual(server.requests, ['GET /jwks', 'GET /jwks'])
    })
  })
}
