import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  createMemoryGrants,
  type Grant,
  type GrantStore,
  type S2SOptions,
  type S2SPrincipal,
  type S2SVerify,
  type S2SVerifyDone,
  type UserProfile,
} from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { assertAcceptedAfter, assertRefusedWith, makeRemembered } from '../support/counted-request.ts'
import { everyForm, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { dana, makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, oauth } = world
const resources = { 'GET /reports/:id': 'reports.read' } as const
const grant: Grant = {
  issuer: 'farm',
  application: farm.applicationName,
  permissions: ['reports.read'],
  appOnly: true,
}
const tokens = {
  alone: await farm.appOnlyToken({ jti: 'alone' }),
  forDana: await farm.userToken(dana, await farm.actorToken({ jti: 'for Dana' })),
  oauth: await oauth.token({ claims: { scope: 'reports.read', jti: 'oauth' } }),
}

for (const form of everyForm) {
  describe(`what the caller of a remembered token may do (${form})`, () => {
    it('follows its grants: what is taken away and given is so on the next request', async (test) => {
      const grants = createMemoryGrants([grant])
      const app = await startApp(form, test, { grants })
      const remembered = [tokens.alone, tokens.forDana]
      for (const token of remembered) await makeRemembered(app, token)
      for (let times = 0; times < 2; times += 1) {
        grants.remove(grant)
        for (const token of remembered) await assertRefusedWith('ERR_S2S_GRANT_MISSING', app, token, 403)
        grants.add(grant)
        for (const token of remembered) await assertAcceptedAfter(0, app, token)
      }
      grants.remove(grant)
      grants.add({ ...grant, appOnly: false })
      await assertRefusedWith('ERR_S2S_APP_ONLY_NOT_ALLOWED', app, tokens.alone, 403)
      await assertAcceptedAfter(0, app, tokens.forDana)
    })

    it('follows a store that does not tell its changes', async (test) => {
      let held: readonly Grant[] = [grant]
      const grants: GrantStore = { grantsOf: () => held }
      const app = await startApp(form, test, { grants })
      await makeRemembered(app, tokens.alone)
      held = []
      await assertRefusedWith('ERR_S2S_GRANT_MISSING', app, tokens.alone, 403)
      held = [grant]
      await assertAcceptedAfter(0, app, tokens.alone)
    })

    it('follows the rights of the user', async (test) => {
      let rights = ['reports.read']
      const app = await startApp(form, test, { userRights: () => Promise.resolve(rights) })
      for (const token of Object.values(tokens)) await makeRemembered(app, token)
      rights = []
      await assertRefusedWith('ERR_S2S_USER_RIGHT_MISSING', app, tokens.forDana, 403)
      await assertAcceptedAfter(0, app, tokens.alone)
      rights = ['reports.read']
      await assertAcceptedAfter(0, app, tokens.forDana)
    })

    it('follows the profile of the user, which is kept as long as configured', async (test) => {
      const { clock, advance } = makeMovableClock()
      const profile = { id: 'dana', rights: ['reports.read'] }
      let profiles: readonly UserProfile[] = [profile]
      const profileOptions = { cacheSeconds: 60 }
      const app = await startApp(form, test, {
        userRights: ({ profile: found }) => found?.rights ?? [],
        clock,
        findProfiles: () => profiles,
        profileOptions,
      })
      await makeRemembered(app, tokens.forDana)
      profiles = [{ ...profile, rights: [], name: 'Dana' }]
      advance(59)
      await assertAcceptedAfter(0, app, tokens.forDana)
      assert.equal(app.lastCaller()?.user?.profile?.['name'], undefined)
      advance(1)
      await assertRefusedWith('ERR_S2S_USER_RIGHT_MISSING', app, tokens.forDana, 403)
      profiles = []
      advance(60)
      await assertRefusedWith('ERR_S2S_USER_NOT_FOUND', app, tokens.forDana, 403)
      profiles = [{ ...profile, id: 'dana again' }]
      await assertAcceptedAfter(0, app, tokens.forDana)
      assert.equal(app.lastCaller()?.user?.profile?.id, 'dana again')
    })

    it('is asked of the verify callback each time', async (test) => {
      let answer: unknown = { account: 1 }
      let asked = 0
      const app = await startApp(form, test, {
        verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
          asked += 1
          done(null, answer)
        },
      })
      for (const token of Object.values(tokens)) {
        answer = { account: 1 }
        await makeRemembered(app, token)
        for (const no of [false, null]) {
          answer = no
          await assertRefusedWith('ERR_S2S_CALLER_REFUSED', app, token)
        }
        answer = { account: 2 }
        await assertAcceptedAfter(0, app, token)
      }
      assert.equal(asked, 5 * 3)
    })

    it('is audited for every request, with its token, user and decision', async (test) => {
      const app = await startApp(form, test, {})
      for (const [token, tokenId, name, upn] of [
        [tokens.alone, 'alone', 'token.accepted', undefined],
        [tokens.forDana, 'for Dana', 'delegation.accepted', dana.upn],
        [tokens.oauth, 'oauth', 'token.accepted', undefined],
      ] as const) {
        const first = app.events.length
        await makeRemembered(app, token)
        await assertAcceptedAfter(0, app, token)
        const events = app.events.slice(first)
        assert.deepEqual(
          events.map((event) => event.name),
          [name, 'access.allowed', name, 'access.allowed', name, 'access.allowed'],
        )
        for (const event of events) assert.equal(event.user?.upn, upn)
        const accepted = events.filter((event) => event.name === name)
        assert.deepEqual(new Set(accepted.map((event) => event.tokenId)), new Set([tokenId]))
        assert.equal(new Set(accepted.map(({ correlationId }) => correlationId)).size, 3, 'three requests')
      }
    })
  })
}

interface AppChanges extends Partial<S2SOptions> {
  readonly verify?: S2SVerify
}

async function startApp(form: Form, test: TestContext, { verify, ...changes }: AppChanges): Promise<GuardedApp> {
  const s2s = { ...world.options, ...changes }
  const app = await startGuardedApp({ form, s2s, resources, ...(verify === undefined ? {} : { verify }) })
  test.after(() => app.close())
  return app
}
