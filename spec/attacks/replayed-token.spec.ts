import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createMemoryState, type FindProfiles, type S2SOptions } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import { assertRefused } from '../support/attack.ts'
import { makeBreakable } from '../support/breakable-state.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { forms, startGuardedApp, type Form, type GuardedApp, type GuardedAppOptions } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { otherSignature } from '../support/token-changes.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, otherOAuth, options } = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' }
const replayed = { status: 401, code: 'ERR_S2S_TOKEN_REPLAYED' } as const
const scope = 'reports.read'

/** Tokens of `login` and of the farm may be used once; those of `id` as often as one likes. */
const onceOnly: S2SOptions = {
  ...options,
  trustedIssuers: options.trustedIssuers.map((issuer) =>
    issuer.name === 'id' ? issuer : { ...issuer, singleUseTokens: true },
  ),
}

let count = 0
/** A token that nobody has seen, issued now. */
const freshToken = (claims: object = {}, algorithm?: 'ES256'): Promise<string> => {
  count += 1
  return oauth.token({
    claims: { scope, jti: `token ${count}`, ...claims },
    ...(algorithm === undefined ? {} : { algorithm }),
  })
}
const freshActor = (): Promise<string> => {
  count += 1
  return farm.actorToken({ jti: `actor ${count}`, iat: String(NOW) })
}
const statusOf = async (app: GuardedApp, token: string): Promise<number> =>
  (await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })).status
async function assertAccepted(app: GuardedApp, token: string): Promise<void> {
  const calls = app.handlerCalls()
  assert.deepEqual([await statusOf(app, token), app.handlerCalls()], [200, calls + 1])
}

const started: GuardedApp[] = []
after(async () => {
  for (const app of started) await app.close()
})

async function start(form: Form, changes: Partial<S2SOptions> = {}, others: Partial<GuardedAppOptions> = {}) {
  const app = await startGuardedApp({ form, s2s: { ...onceOnly, ...changes }, resources, ...others })
  started.push(app)
  return app
}

for (const form of forms) {
  describe(`a token that may be used once (${form})`, () => {
    it('is accepted once; its second use is refused, and told by name', async () => {
      const app = await start(form)
      const token = await freshToken()
      await assertAccepted(app, token)
      for (let times = 0; times < 3; times += 1) await assertRefused(app, { name: 'the token', token, ...replayed })
      const event = app.events.find(({ code }) => code === replayed.code)
      assert.deepEqual(
        [event?.name, event?.application?.id, event?.tokenId, event?.issuer],
        ['token.rejected', 'reporting', `token ${count}`, 'login'],
      )
      const many = await otherOAuth.token({ claims: { scope } })
      for (let times = 0; times < 2; times += 1) await assertAccepted(app, many)
    })

    it('is not another one with the second signature that ECDSA allows', async () => {
      const app = await start(form)
      const token = await freshToken({}, 'ES256')
      await assertAccepted(app, otherSignature(token))
      await assertRefused(app, { name: 'the first signature', token, ...replayed })
    })

    it('is not another one in a new outer token: alone, for another user, dated anew, ending sooner', async () => {
      const app = await start(form)
      const actor = await freshActor()
      await assertAccepted(app, await farm.userToken({ ...dana, exp: String(NOW + 5) }, actor))
      const attempts = [
        actor,
        await farm.userToken(dana, actor),
        await farm.userToken({ upn: 'eve@fabrikam.example', jti: 'another' }, actor),
        await farm.userToken({ ...dana, iat: String(NOW + 30), nbf: String(NOW + 30) }, actor),
      ]
      for (const token of attempts) await assertRefused(app, { name: 'the actor token again', token, ...replayed })
    })

    it('is accepted by one of many requests that bring it at once', async () => {
      const app = await start(form)
      const token = await freshToken()
      const statuses = await Promise.all(Array.from({ length: 16 }, () => statusOf(app, token)))
      assert.equal(statuses.filter((status) => status === 200).length, 1)
      assert.equal(statuses.filter((status) => status === 401).length, 15)
      assert.equal(app.handlerCalls(), 1)
    })

    it('is used up by a request that is refused for want of a permission', async () => {
      const app = await start(form)
      const token = await freshToken({ scope: 'else' })
      await assertRefused(app, { name: 'the first use', token, status: 403, code: 'ERR_S2S_SCOPE_MISSING' })
      await assertRefused(app, { name: 'the second use', token, ...replayed })
    })

    it('is used once by a request that passes two guards', async () => {
      const app = await start(
        form,
        {},
        {
          assemble: (express, { guard, handler }) => {
            express.use(...guard)
            express.get('/reports/:id', ...guard, handler)
          },
          resources: { 'GET /reports/:id': 'reports.read', 'GET /': 'reports.read' },
        },
      )
      const token = await freshToken()
      await assertAccepted(app, token)
      await assertRefused(app, { name: 'the next request', token, ...replayed })
    })

    it('is not used up by an answer that tells the caller to come again', async () => {
      const state = makeBreakable(createMemoryState({ clock: () => NOW }))
      let areProfilesDown = true
      const findProfiles: FindProfiles = () => {
        if (areProfilesDown) throw new Error('down')
        return [{ id: 'dana', rights: [scope] }]
      }
      const app = await start(form, { state, findProfiles })
      const tokens = [await freshToken(), await farm.userToken(dana, await freshActor())]
      await app.s2s.ready()
      state.mode = 'read-only'
      const unavailable = { status: 503, code: 'ERR_S2S_STATE_UNAVAILABLE' } as const
      for (const token of tokens.slice(0, 1)) await assertRefused(app, { name: 'no state', token, ...unavailable })
      state.mode = 'up'
      const profiles = { status: 503, code: 'ERR_S2S_PROFILES_UNAVAILABLE' } as const
      for (const token of tokens.slice(1)) await assertRefused(app, { name: 'no profiles', token, ...profiles })
      areProfilesDown = false
      for (const token of tokens) {
        await assertAccepted(app, token)
        await assertRefused(app, { name: 'the second use', token, ...replayed })
      }
    })

    it('stays used when the configuration changes, and on every server with the same state', async () => {
      const app = await start(form)
      const token = await freshToken()
      await assertAccepted(app, token)
      await app.s2s.reload(onceOnly)
      await assertRefused(app, { name: 'the token', token, ...replayed })
      const state = createMemoryState({ clock: () => NOW })
      const [one, other] = [await start(form, { state }), await start(form, { state })]
      await assertAccepted(one, token)
      await assertRefused(other, { name: 'the token', token, ...replayed })
      await assert.rejects(createVerifier({ ...onceOnly, state }).verify(token), { code: replayed.code })
    })

    it('is refused when it may have been used before the server began, and nobody remembers', async () => {
      const { clock } = makeMovableClock(NOW + 10)
      const app = await start(form, { clock })
      await assertRefused(app, { name: 'an older token', token: await freshToken(), ...replayed })
      const undated = await freshToken({ iat: undefined, nbf: undefined })
      await assertRefused(app, { name: 'one that does not say how old it is', token: undated, ...replayed })
      await assertAccepted(app, await freshToken({ iat: NOW + 10 }))
    })
  })
}
