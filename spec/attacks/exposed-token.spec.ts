import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createMemoryState, type S2SOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { forms, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, otherOAuth, options } = await makeWorld()
const { wrap, forgeOuter } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' }
const exposed = { status: 401, code: 'ERR_S2S_TOKEN_EXPOSED' } as const
const scope = 'reports.read'

const started: GuardedApp[] = []
after(async () => {
  for (const app of started) await app.close()
})

/** Behind a proxy that says how each request came. */
async function start(form: Form, changes: Partial<S2SOptions> = {}): Promise<GuardedApp> {
  const s2s = { ...options, refuseExposedTokens: true, ...changes }
  const app = await startGuardedApp({ form, s2s, resources, trustProxy: 'loopback' })
  started.push(app)
  return app
}

const overHttps = (app: GuardedApp, token: string): Promise<RawAnswer> =>
  sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })

function overHttp(
  app: GuardedApp,
  token: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<RawAnswer> {
  return sendRaw(app, { headers: [['X-Forwarded-Proto', 'http'], ['Authorization', `Bearer ${token}`], ...headers] })
}

/** Sends a token in clear, and waits until it is burnt. */
async function expose(app: GuardedApp, token: string): Promise<RawAnswer> {
  const burnt = (): number => app.events.filter(({ name }) => name === 'token.burnt').length
  const before = burnt()
  const answer = await overHttp(app, token)
  await eventually(() => burnt() > before, 'the token is burnt')
  return answer
}

const newToken = (jti: string): Promise<string> => oauth.token({ claims: { scope, jti } })
const newEs256 = (jti: string): Promise<string> => oauth.token({ algorithm: 'ES256', claims: { scope, jti } })

for (const form of forms) {
  describe(`a token that was sent over plain http (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await start(form)
    })

    it('is refused over https, whether or not it was remembered, and others are not', async () => {
      const [remembered, fresh, other] = [
        await newToken('remembered'),
        await newToken('fresh'),
        await newToken('other'),
      ]
      for (const token of [remembered, other]) assert.equal((await overHttps(app, token)).status, 200)
      for (const token of [remembered, fresh]) {
        await expose(app, token)
        for (let times = 0; times < 2; times += 1) await assertRefused(app, { name: 'the token', token, ...exposed })
      }
      assert.equal((await overHttps(app, other)).status, 200)
      const burnt = (await app.s2s.suspensions()).filter((suspension) => suspension.exposed === true)
      assert.deepEqual(burnt.map(({ issuer, expiresAt }) => [issuer, expiresAt]), [[oauth.issuer, NOW + 660], [oauth.issuer, NOW + 660]]) // prettier-ignore
    })

    it('is answered as before, and as one that is no good', async () => {
      const token = await newToken('answered')
      const answers = [
        await expose(app, token),
        await overHttp(app, token),
        await overHttp(app, flipSignatureBit(token)),
        await overHttp(app, 'garbage'),
      ]
      for (const { status, body, headers } of answers) {
        assert.equal(status, 403)
        assert.deepEqual({ ...headers, date: '' }, { ...answers[0]?.headers, date: '' })
        assert.equal(body, answers[0]?.body)
      }
    })

    it('is refused with the second signature that ECDSA allows', async () => {
      for (const [first, second] of [
        [(token: string) => token, otherSignature],
        [otherSignature, (token: string) => token],
      ] as const) {
        const token = await newEs256(`signed twice ${first.name}`)
        for (const spelling of [token, otherSignature(token)])
          assert.equal((await overHttps(app, spelling)).status, 200)
        await expose(app, first(token))
        await assertRefused(app, { name: 'the other signature', token: second(token), ...exposed })
      }
    })

    it('is refused as the actor in whatever it is wrapped again, and alone', async () => {
      const actorToken = await farm.actorToken({ jti: 'exposed' })
      const tokens = [
        wrap(actorToken),
        await farm.userToken({ upn: 'eve@fabrikam.example' }, actorToken),
        forgeOuter({ claims: { jti: 'another', exp: String(NOW + 9), actortoken: actorToken } }),
        actorToken,
      ]
      assert.equal((await overHttps(app, tokens[0] ?? '')).status, 200)
      await expose(app, await farm.userToken(dana, actorToken))
      for (const token of tokens) await assertRefused(app, { name: 'the actor token', token, ...exposed })
      assert.equal(
        (await overHttps(app, await farm.userToken(dana, await farm.actorToken({ jti: 'another' })))).status,
        200,
      )
    })

    it('is refused when only the outer part had ended, and when it was one of two credentials', async () => {
      const actorToken = await farm.actorToken({ jti: 'in an old outer token' })
      await expose(app, forgeOuter({ claims: { exp: '1', actortoken: actorToken } }))
      await assertRefused(app, { name: 'the actor token', token: wrap(actorToken), ...exposed })
      const [one, two] = [await newToken('one of two'), await newToken('two of two')]
      await overHttp(app, one, [['authorization', `bearer ${two}`]])
      for (const token of [one, two]) {
        await eventually(async () => (await overHttps(app, token)).status === 401, 'both are burnt')
        await assertRefused(app, { name: 'one of two', token, ...exposed })
      }
    })

    it('is no token of another issuer with the same id', async () => {
      const same = await otherOAuth.token({ claims: { scope, jti: 'same' } })
      await expose(app, await newToken('same'))
      assert.equal((await overHttps(app, same)).status, 200)
    })

    it('is let in again by an operator, and by nobody else', async () => {
      const token = await newToken('lifted')
      await expose(app, token)
      const { id } = (await app.s2s.suspensions()).at(-1) ?? assert.fail()
      assert.equal(await app.s2s.resume(id), true)
      assert.equal((await overHttps(app, token)).status, 200)
    })

    it('fills nothing when it is no good: garbage, forged, ended, of strangers, for others', async () => {
      const known = (await app.s2s.suspensions()).length
      const good = await newToken('good')
      const bad = [
        'garbage',
        `${good}.`,
        flipSignatureBit(good),
        wrap(flipSignatureBit(await farm.actorToken())),
        forgeOuter({ claims: { actortoken: undefined } }),
        await oauth.token({ claims: { scope, exp: NOW - 61 } }),
        await oauth.token({ claims: { scope, aud: 'https://elsewhere.example' } }),
        await oauth.token({ claims: { scope, iss: 'https://stranger.example' } }),
        good.toUpperCase(),
      ]
      for (const token of bad) assert.equal((await overHttp(app, token)).status, 403)
      // The next one is burnt after them.
      await expose(app, await newToken('the next one'))
      assert.equal((await app.s2s.suspensions()).length, known + 1)
      assert.equal((await overHttps(app, good)).status, 200)
    })
  })

  describe(`many tokens over plain http (${form})`, () => {
    it('push no burnt one out: the table of their issuer is full, and that is told', async () => {
      const time = makeMovableClock()
      const app = await start(form, { clock: time.clock })
      const tokens = await Promise.all(Array.from({ length: 1001 }, (_, index) => newEs256(`flood ${index}`)))
      for (const token of tokens) await overHttp(app, token)
      await eventually(() => app.events.some(({ name }) => name === 'suspension.refused'), 'it is full')
      assert.equal((await app.s2s.suspensions()).length, 1000)
      for (const token of [tokens[0] ?? '', tokens[999] ?? '']) {
        await assertRefused(app, { name: 'a burnt one', token, ...exposed })
      }
      assert.equal((await overHttps(app, tokens[1000] ?? '')).status, 200, 'not burnt, as the audit log says')
      const ofAnother = await otherOAuth.token({ claims: { scope, jti: 'of another issuer' } })
      await expose(app, ofAnother)
      await assertRefused(app, { name: 'one of another issuer', token: ofAnother, ...exposed })
      time.advance(660)
      assert.deepEqual(await app.s2s.suspensions(), [], 'they end with their tokens')
    })
  })

  describe(`a token that was sent over plain http, elsewhere and without the option (${form})`, () => {
    it('is refused by every server of the fleet, also after a restart', async () => {
      const state = createMemoryState({ clock: options.clock ?? assert.fail() })
      const [one, other] = [await start(form, { state }), await start(form, { state, refuseExposedTokens: false })]
      const token = await newToken('of a fleet')
      assert.equal((await overHttps(other, token)).status, 200)
      await expose(one, token)
      await eventually(async () => (await overHttps(other, token)).status === 401, 'the other server refuses')
      await assertRefused(other, { name: 'the token', token, ...exposed })
      await assertRefused(await start(form, { state }), { name: 'the token', token, ...exposed })
    })

    it('is audited only', async () => {
      const app = await start(form, { refuseExposedTokens: false })
      const token = await newToken('audited')
      assert.equal((await overHttp(app, token)).status, 403)
      assert.equal((await overHttps(app, token)).status, 200)
      assert.deepEqual(
        app.events.map(({ name }) => name).filter((name) => name.startsWith('token.')),
        ['token.exposed', 'token.accepted'],
      )
      assert.deepEqual(await app.s2s.suspensions(), [])
    })
  })
}
