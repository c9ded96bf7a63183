import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createMemoryState, type AuditEvent, type S2SOptions, type SuspendOptions } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import { assertRefused } from '../support/attack.ts'
import { makeBreakable } from '../support/breakable-state.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { forms, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { startRemoteIssuer } from '../support/remote-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, otherOAuth, options } = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' }
const suspended = { status: 401, code: 'ERR_S2S_TOKEN_SUSPENDED' } as const
const scope = 'reports.read'
const [client = ''] = farm.applicationName.split('@')

const bearer = (token: string): { headers: [string, string][] } => ({ headers: [['Authorization', `Bearer ${token}`]] })
const statusOf = async (app: GuardedApp, token: string): Promise<number> => (await sendRaw(app, bearer(token))).status
const assertAccepted = async (app: GuardedApp, token: string): Promise<void> => {
  assert.equal(await statusOf(app, token), 200)
}

/** Closed in the end, also when a spec fails. */
const started: GuardedApp[] = []
after(async () => {
  for (const app of started) await app.close()
})

async function start(form: Form, s2s: S2SOptions): Promise<GuardedApp> {
  const app = await startGuardedApp({ form, s2s, resources })
  started.push(app)
  return app
}

interface Story {
  readonly subject: SuspendOptions
  readonly hit: string
  readonly spared: string
}

const actorToken = await farm.actorToken({ jti: 'the-actor', iat: String(NOW - 600) })
const appToken = await oauth.token({ claims: { scope, jti: 'one' } })
const otherAppToken = await otherOAuth.token({ claims: { scope, jti: 'one' } })
const danaToken = await farm.userToken(dana, actorToken)
const eveToken = await farm.userToken({ upn: 'eve@fabrikam.example' }, actorToken)
const oauthUserToken = await oauth.token({ claims: { scope, sub: 'dana' } })
const oldToken = await oauth.token({ claims: { scope, jti: 'old', iat: NOW - 100 } })
const undated = await oauth.token({ claims: { scope, iat: undefined, nbf: undefined } })
const laterOuter = await farm.userToken({ ...dana, iat: String(NOW), nbf: String(NOW) }, actorToken)

const stories: readonly Story[] = [
  { subject: { issuer: 'farm' }, hit: danaToken, spared: appToken },
  { subject: { issuer: oauth.issuer }, hit: appToken, spared: otherAppToken },
  { subject: { application: 'reporting' }, hit: otherAppToken, spared: danaToken },
  { subject: { issuer: 'login', application: 'Reporting' }, hit: appToken, spared: otherAppToken },
  { subject: { application: farm.applicationName }, hit: danaToken, spared: appToken },
  { subject: { issuer: 'farm', application: client }, hit: actorToken, spared: appToken },
  { subject: { user: 'DANA@fabrikam.example' }, hit: danaToken, spared: eveToken },
  { subject: { issuer: 'farm', user: dana.nameid }, hit: danaToken, spared: actorToken },
  { subject: { issuer: 'login', user: 'dana' }, hit: oauthUserToken, spared: danaToken },
  { subject: { issuer: 'login', tokenId: 'one' }, hit: appToken, spared: otherAppToken },
  { subject: { issuer: 'farm', tokenId: 'the-actor' }, hit: eveToken, spared: await farm.userToken(dana) },
  { subject: { issuedBefore: NOW }, hit: oldToken, spared: appToken },
  { subject: { issuer: 'login', issuedBefore: NOW - 1000 }, hit: undated, spared: oldToken },
  { subject: { issuer: 'farm', issuedBefore: NOW - 599 }, hit: laterOuter, spared: oldToken },
  { subject: { application: 'reporting', issuedBefore: NOW }, hit: oldToken, spared: appToken },
]

for (const form of forms) {
  describe(`a suspension (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await start(form, options)
    })

    for (const { subject, hit, spared } of stories) {
      it(`refuses whom it names, remembered or not, nobody else, and ends when it is lifted: ${JSON.stringify(subject)}`, async () => {
        const cold = await app.s2s.suspend(subject)
        await assertRefused(app, { name: 'a token that is new here', token: hit, ...suspended })
        await assertAccepted(app, spared)
        assert.equal(await app.s2s.resume(cold.id), true)
        await assertAccepted(app, hit)
        const warm = await app.s2s.suspend(subject)
        for (let times = 0; times < 2; times += 1) {
          await assertRefused(app, { name: 'a token that was remembered', token: hit, ...suspended })
          await assertAccepted(app, spared)
        }
        assert.deepEqual(await app.s2s.suspensions(), [warm])
        assert.equal(await app.s2s.resume(warm.id), true)
        assert.equal(await app.s2s.resume(warm.id), false)
        await assertAccepted(app, hit)
      })
    }

    it('holds across a change of the configuration, and what the new one remembers is forgotten by the next suspension', async () => {
      const reloaded = await start(form, options)
      const { id } = await reloaded.s2s.suspend({ issuer: 'farm' })
      await reloaded.s2s.reload(options)
      await assertRefused(reloaded, { name: 'a token of the suspended issuer', token: danaToken, ...suspended })
      for (let times = 0; times < 2; times += 1) await assertAccepted(reloaded, appToken)
      await reloaded.s2s.suspend({ issuer: 'login', tokenId: 'one' })
      await assertRefused(reloaded, { name: 'a token that was remembered', token: appToken, ...suspended })
      assert.equal(await reloaded.s2s.resume(id), true)
      await assertAccepted(reloaded, danaToken)
      const state = createMemoryState()
      await assert.rejects(reloaded.s2s.reload({ ...options, state }), /state cannot be replaced by a reload/)
    })

    it('is found from the audit log: by the token id that stands there', async () => {
      for (const token of [
        danaToken,
        await farm.appOnlyToken(),
        await oauth.token({ claims: { scope, jti: undefined } }),
      ]) {
        const first = app.events.length
        await assertAccepted(app, token)
        const event = app.events[first] ?? assert.fail('no event')
        const tokenId = event.tokenId ?? assert.fail('no token id')
        const { id } = await app.s2s.suspend({ issuer: event.issuer ?? '', tokenId })
        const refusedFrom = app.events.length
        await assertRefused(app, { name: 'the token', token, ...suspended })
        const { name, outcome, application, tokenId: refusedId, reason } = app.events[refusedFrom] ?? assert.fail()
        assert.deepEqual(
          [name, outcome, application, refusedId],
          ['token.rejected', 'refused', event.application, tokenId],
        )
        assert.equal(reason, `suspension ${id}`)
        await app.s2s.resume(id)
      }
    })

    it('is refused itself, told to the audit log, when it would suspend nobody', async () => {
      const first = app.events.length
      await assert.rejects(app.s2s.suspend({ issuer: 'lgoin' }), { code: 'ERR_S2S_OPTION_INVALID' })
      await assert.rejects(app.s2s.suspend({} as SuspendOptions), /names nothing/)
      assert.deepEqual(
        app.events.slice(first).map(({ name }) => name),
        ['suspension.refused', 'suspension.refused'],
      )
      await assertAccepted(app, appToken)
    })

    it('holds for every request that comes after it, while others are in flight', async () => {
      let isSuspended = false
      const wrong: string[] = []
      const lane = async (): Promise<void> => {
        for (let sent = 0; sent < 25; sent += 1) {
          const expected = isSuspended ? [401] : [200, 401]
          const status = await statusOf(app, appToken)
          if (!expected.includes(status)) wrong.push(`${status} ${isSuspended}`)
        }
      }
      const lanes = Array.from({ length: 8 }, lane)
      await sendRaw(app, bearer(appToken))
      const suspending = app.s2s.suspend({ issuer: 'login' })
      isSuspended = true
      await Promise.all(lanes)
      const { id } = await suspending
      assert.deepEqual(wrong, [])
      await assertRefused(app, { name: 'the token', token: appToken, ...suspended })
      await app.s2s.resume(id)
    })
  })

  describe(`a suspension while a token is verified (${form})`, () => {
    it('holds for a request that waits for keys', async () => {
      const remote = await startRemoteIssuer(form)
      const { app, issuer, server, holdAnswers } = remote
      const letGo = holdAnswers()
      const token = await issuer.token({ claims: { scope } })
      const waiting = [sendRaw(app, bearer(token)), sendRaw(app, bearer(token))]
      await eventually(() => server.requests.length > 0, 'keys are asked for')
      await app.s2s.suspend({ issuer: 'login' })
      letGo()
      for (const answer of waiting) assert.equal((await answer).status, 401)
      assert.equal(app.handlerCalls(), 0)
      await remote.close()
    })

    for (const subject of [{ issuer: 'farm' }, { user: 'profile-7' }]) {
      it(`holds for a request that waits for a profile: ${JSON.stringify(subject)}`, async () => {
        const profiles = [{ id: 'profile-7', rights: ['reports.read'] }]
        let arrive: (() => void) | undefined
        const findProfiles: S2SOptions['findProfiles'] = () => {
          if (arrive !== undefined) return profiles
          return new Promise((resolve) => {
            arrive = () => {
              resolve(profiles)
            }
          })
        }
        const app = await start(form, { ...options, findProfiles })
        const token = await farm.userToken({ upn: dana.upn })
        const answer = sendRaw(app, bearer(token))
        await eventually(() => arrive !== undefined, 'the profile is asked for')
        const { id } = await app.s2s.suspend(subject)
        arrive?.()
        assert.equal((await answer).status, 401)
        assert.equal(app.handlerCalls(), 0)
        await assertRefused(app, { name: 'the next request', token, ...suspended })
        await app.s2s.resume(id)
        await assertAccepted(app, token)
      })
    }
  })

  describe(`suspensions of a fleet (${form})`, () => {
    it('hold after a restart, for the first request, until they end', async () => {
      const time = makeMovableClock()
      const { clock } = time
      const state = createMemoryState({ clock })
      const first = await start(form, { ...options, state, clock })
      await first.s2s.suspend({ issuer: 'login', durationSeconds: 300 })
      first.s2s.close()
      const second = await start(form, { ...options, state, clock })
      await assertRefused(second, { name: 'the token', token: appToken, ...suspended })
      second.s2s.close()
      time.advance(299)
      const third = await start(form, { ...options, state, clock })
      await third.s2s.ready()
      await assertRefused(third, { name: 'the token', token: appToken, ...suspended })
      time.advance(1)
      await assertAccepted(third, appToken)
      assert.deepEqual(await third.s2s.suspensions(), [])
    })

    it('reach the other server, and a verifier outside Express, and are lifted there too', async () => {
      const state = createMemoryState({ clock: options.clock ?? assert.fail() })
      const [one, other] = [await start(form, { ...options, state }), await start(form, { ...options, state })]
      const verifier = createVerifier({ ...options, state })
      for (const app of [one, other]) await assertAccepted(app, appToken)
      assert.equal((await verifier.verify(appToken)).application.id, 'reporting')
      const { id } = await one.s2s.suspend({ application: 'reporting' })
      await assertRefused(one, { name: 'the token', token: appToken, ...suspended })
      await eventually(async () => (await statusOf(other, appToken)) === 401, 'the other server refuses')
      await assertRefused(other, { name: 'the token', token: appToken, ...suspended })
      await eventually(() => verifier.verify(appToken).then(() => false, () => true), 'the verifier refuses') // prettier-ignore
      await assert.rejects(verifier.verify(appToken), { code: 'ERR_S2S_TOKEN_SUSPENDED' })
      assert.equal(await other.s2s.resume(id), true)
      await eventually(async () => (await statusOf(one, appToken)) === 200, 'lifted at the first server')
      verifier.close()
    })

    it('are never forgotten silently: out of reach too long is 503, for remembered tokens too, and a bad token stays 401', async () => {
      const time = makeMovableClock()
      const { clock } = time
      const state = makeBreakable(createMemoryState({ clock }))
      const app = await start(form, { ...options, state, clock, stateStaleSeconds: 30 })
      await assertAccepted(app, appToken)
      const { id } = await app.s2s.suspend({ issuer: 'farm' })
      state.mode = 'down'
      time.advance(30)
      await eventually(() => app.events.some(({ name }) => name === 'state.unavailable'), 'the outage is told')
      await assertAccepted(app, appToken)
      await assertRefused(app, { name: 'a suspended one', token: danaToken, ...suspended })
      time.advance(1)
      const { headers } = await assertRefused(app, {
        name: 'a good token',
        token: appToken,
        status: 503,
        code: 'ERR_S2S_STATE_UNAVAILABLE',
      })
      assert.equal(headers['retry-after'], '10')
      await assertRefused(app, { name: 'a bad token', token: 'a.b.c', status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' })
      await assert.rejects(app.s2s.resume(id), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
      await assert.rejects(app.s2s.ready(), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
      state.mode = 'up'
      await eventually(async () => (await statusOf(app, appToken)) === 200, 'it serves again')
      await assertRefused(app, { name: 'a suspended one', token: danaToken, ...suspended })
      assert.ok(app.events.some(({ name }: AuditEvent) => name === 'state.recovered'))
    })
  })
}
