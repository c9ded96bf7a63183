import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { S2SOptions, S2SPrincipal } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { neverAnswers, answers } from '../support/faults.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import {
  introspectionClient,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../support/introspection-server.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { oauthAudience } from '../support/world.ts'

const resources = { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write' }

for (const form of forms) {
  describe(`opaque tokens (${form})`, () => {
    let issuer: IntrospectionServer
    let time: MovableClock
    let app: GuardedApp

    before(async () => {
      time = makeMovableClock(1_800_000_000)
      issuer = await startIntrospectionServer(time.clock)
      app = await startGuardedApp({ form, s2s: optionsFor(issuer, time), resources })
    })
    beforeEach(() => {
      issuer.fault = undefined
    })
    after(async () => {
      await Promise.all([app.close(), issuer.close()])
    })

    const call = (token: string, method = 'GET'): Promise<RawAnswer> =>
      sendRaw(app, { method, headers: [['Authorization', `Bearer ${token}`]] })

    async function assertAccepted(token: string): Promise<S2SPrincipal> {
      const calls = app.handlerCalls()
      const answer = await call(token)
      assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
      assert.equal(app.handlerCalls(), calls + 1)
      return (JSON.parse(answer.body) as { caller: S2SPrincipal }).caller
    }

    const assertInactive = (token: string): Promise<RawAnswer> =>
      assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })

    async function assertOutage(token: string): Promise<void> {
      const answer = await assertRefused(app, {
        ...{ name: '', token, status: 503, code: 'ERR_S2S_INTROSPECTION_UNAVAILABLE' },
      })
      assert.equal(answer.headers['retry-after'], '10')
      assert.equal(answer.headers['www-authenticate'], undefined)
      assert.equal((JSON.parse(answer.body) as { error: string }).error, 'temporarily_unavailable')
    }

    it('are what the issuer says of them', async () => {
      const caller = await assertAccepted(issuer.token({ scope: 'reports.read other' }))
      assert.equal(caller.kind, 'app')
      assert.deepEqual(caller.application, { id: 'billing' })
      assert.equal(caller.issuer, 'asked')
      assert.deepEqual(caller.permissions, ['reports.read', 'other'])
      const now = time.clock()
      assert.deepEqual(caller.token, { format: 'opaque', issuedAt: now, expiresAt: now + 600 })
    })

    it('are asked about as RFC 7662 says, and as who we are', () => {
      const [question] = issuer.questions
      assert.equal(issuer.questions.length, 1)
      assert.equal(question?.form['token_type_hint'], 'access_token')
      assert.equal(question.headers['accept'], 'application/json')
      assert.equal(question.headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8')
      assert.deepEqual(issuer.requests, ['GET /.well-known/openid-configuration', 'POST /introspect'])
    })

    it('say for which user an application calls', async () => {
      const caller = await assertAccepted(issuer.token({ sub: 'ana', username: 'ana@example.com' }))
      assert.equal(caller.kind, 'user+app')
      assert.deepEqual(caller.user, { issuer: 'asked', id: 'ana' })
    })

    it('are refused where their scope does not reach', async () => {
      const token = issuer.token()
      await assertRefused(app, { name: '', method: 'PUT', token, status: 403, code: 'ERR_S2S_SCOPE_MISSING' })
    })

    it('are asked about once for all requests of a time, also for those that come together', async () => {
      const token = issuer.token()
      const before = issuer.questions.length
      const together = await Promise.all(Array.from({ length: 20 }, () => call(token)))
      assert.deepEqual([...new Set(together.map(({ status }) => status))], [200])
      time.advance(29)
      await assertAccepted(token)
      assert.equal(issuer.questions.length, before + 1)
      time.advance(1)
      await assertAccepted(token)
      assert.equal(issuer.questions.length, before + 2)
    })

    it('are refused once revoked, after cacheSeconds at the latest', async () => {
      const token = issuer.token()
      await assertAccepted(token)
      issuer.revoke(token)
      time.advance(29)
      await assertAccepted(token)
      time.advance(1)
      await assertInactive(token)
    })

    it('are remembered to be unknown for ten seconds, and not for longer', async () => {
      const unknown = `unknown-${form}-token-of-this-run`
      const before = issuer.questions.length
      await assertInactive(unknown)
      await assertInactive(unknown)
      assert.equal(issuer.questions.length, before + 1)
      time.advance(10)
      await assertInactive(unknown)
      assert.equal(issuer.questions.length, before + 2)
    })

    it('end when they end, whatever cacheSeconds says', async () => {
      const now = time.clock()
      const token = issuer.token({ exp: now + 5 })
      const before = issuer.questions.length
      await assertAccepted(token)
      time.advance(5)
      await assertAccepted(token)
      assert.equal(issuer.questions.length, before + 2, 'within the tolerance it is asked again')
      time.advance(60)
      await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_EXPIRED' })
    })

    it('need not end: then they are good until the issuer is asked again', async () => {
      const token = issuer.token({ exp: undefined, iat: undefined })
      const caller = await assertAccepted(token)
      assert.deepEqual(caller.token, { format: 'opaque', expiresAt: time.clock() + 30 })
      time.advance(31)
      await assertAccepted(token)
    })

    it('cannot be judged while the issuer is out of reach: 503, and old answers do not serve', async () => {
      const token = issuer.token()
      await assertAccepted(token)
      issuer.fault = answers(500, 'out of order')
      time.advance(29)
      await assertAccepted(token)
      time.advance(1)
      await assertOutage(token)
      await assertOutage(issuer.token())
      const health = app.s2s.health().issuers[0]
      assert.deepEqual([health?.failing, health?.lastFailureCode], [true, 'ERR_S2S_INTROSPECTION_UNAVAILABLE'])
      assert.equal(app.events.filter(({ name }) => name === 'introspection.unavailable').length, 2)
      issuer.fault = undefined
      time.advance(1)
      await assertAccepted(token)
      assert.equal(app.events.filter(({ name }) => name === 'introspection.recovered').length, 1)
      assert.deepEqual(app.s2s.health().issuers[0], {
        ...{ name: 'asked', keys: 'asked', keyCount: 0, lastRefreshed: time.clock(), failing: false },
      })
      assert.equal(app.s2s.health().ready, true)
    })

    it('of which the issuer never says anything are 503 in time', async () => {
      issuer.fault = neverAnswers
      await assertOutage(issuer.token())
    })

    it('are suspended by issuer, application, user, jti and hash', async () => {
      const jti = `id-${form}`
      const token = issuer.token({ sub: 'ana', jti })
      const hash = createHash('sha256').update(token).digest('base64url')
      for (const by of [
        { issuer: 'asked' },
        { issuer: issuer.issuer },
        { application: 'billing' },
        { user: 'ana' },
        { issuer: 'asked', tokenId: jti },
        { issuer: 'asked', tokenId: hash },
      ]) {
        await assertAccepted(token)
        const { id } = await app.s2s.suspend(by)
        await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_SUSPENDED' })
        await app.s2s.resume(id)
      }
      await assertAccepted(token)
      assert.equal(app.events.findLast(({ name }) => name === 'token.accepted')?.tokenId, jti)
      const plain = issuer.token()
      await assertAccepted(plain)
      const expected = createHash('sha256').update(plain).digest('base64url')
      assert.equal(app.events.findLast(({ name }) => name === 'token.accepted')?.tokenId, expected)
    })

    it('are gone with the trust in their issuer', async () => {
      const token = issuer.token()
      await assertAccepted(token)
      assert.ok(app.s2s.trustedIssuers.remove('asked'))
      const code = 'ERR_S2S_TOKEN_MALFORMED'
      await assertRefused(app, { name: '', token, status: 401, code })
      app.s2s.trustedIssuers.add(issuer.trust({ timeoutMilliseconds: 500 }))
      await assertAccepted(token)
    })

    it('never stand in an event, nor does our secret', () => {
      const told = JSON.stringify(app.events)
      for (const { form: sent } of issuer.questions) assert.ok(!told.includes(sent['token'] ?? '-'))
      assert.ok(!told.includes(introspectionClient.secret))
    })
  })
}

function optionsFor(issuer: IntrospectionServer, { clock }: MovableClock): S2SOptions {
  return { audience: oauthAudience, clock, trustedIssuers: [issuer.trust({ timeoutMilliseconds: 500 })] }
}
