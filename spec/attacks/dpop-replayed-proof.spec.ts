import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createMemoryState, type S2SOptions } from 'passport-s2s'
import { createTestDpopKey } from 'passport-s2s/testing'
import { assertRefused } from '../support/attack.ts'
import { makeBreakable } from '../support/breakable-state.ts'
import { fixedClock, makeMovableClock, NOW } from '../support/clock.ts'
import { dpopHeaders, makeDpopCaller, origin, reports, sendDpop } from '../support/dpop-caller.ts'
import { forms, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'

const { options, token: makeToken, proof: makeProof } = await makeDpopCaller()
const token = await makeToken()
const used = { status: 401, code: 'ERR_S2S_DPOP_PROOF_REPLAYED' } as const
const invalid = { status: 401, code: 'ERR_S2S_DPOP_PROOF_INVALID' } as const

async function start(t: TestContext, form: Form, changes: Partial<S2SOptions> = {}): Promise<GuardedApp> {
  const app = await startGuardedApp({ form, s2s: { ...options, ...changes }, resources: reports })
  t.after(() => app.close())
  return app
}

for (const form of forms) {
  describe(`a DPoP proof that was used before (${form})`, () => {
    it('is refused', async (t) => {
      const app = await start(t, form)
      const proof = makeProof({ token })
      assert.equal((await sendDpop(app, { token, proof })).status, 200)
      await assertRefused(app, { name: 'the same request', headers: dpopHeaders(token, proof), ...used })
      await assertRefused(app, {
        name: 'another query',
        path: '/reports/1?a=b',
        headers: dpopHeaders(token, proof),
        ...used,
      })
      await assertRefused(app, {
        name: 'another spelling',
        path: '/reports/%31',
        headers: dpopHeaders(token, proof),
        ...used,
      })
      await assertRefused(app, { name: 'HEAD', method: 'HEAD', headers: dpopHeaders(token, proof), ...invalid })
    })

    it('is used once by a request that passes two guards', async (t) => {
      const app = await startGuardedApp({
        form,
        s2s: options,
        resources: { 'GET /': 'reports.read', ...reports },
        assemble: (express, { guard, handler }) => {
          express.use(...guard)
          express.get('/reports/:id', ...guard, handler)
        },
      })
      t.after(() => app.close())
      const proof = makeProof({ token })
      assert.equal((await sendDpop(app, { token, proof })).status, 200)
      await assertRefused(app, { name: 'the next request', headers: dpopHeaders(token, proof), ...used })
    })

    it('is refused with the same id under a new signature, and accepted with another id', async (t) => {
      const app = await start(t, form)
      const claims = { jti: 'the-one' }
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token, claims }) })).status, 200)
      await assertRefused(app, {
        name: 'signed anew',
        headers: dpopHeaders(token, makeProof({ token, claims })),
        ...used,
      })
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
    })

    it('is refused when it comes again while it is being judged: of twenty at once one gets in', async (t) => {
      const app = await start(t, form)
      const proof = makeProof({ token })
      const answers = await Promise.all(Array.from({ length: 20 }, () => sendDpop(app, { token, proof })))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 401)])
      assert.equal(app.handlerCalls(), 1)
    })

    it('is refused by another server of the fleet, and after a reload', async (t) => {
      const state = createMemoryState({ clock: fixedClock })
      const [one, other, alone] = [
        await start(t, form, { state }),
        await start(t, form, { state }),
        await start(t, form),
      ]
      const proof = makeProof({ token })
      assert.equal((await sendDpop(one, { token, proof })).status, 200)
      await assertRefused(other, { name: 'at the other', headers: dpopHeaders(token, proof), ...used })
      assert.equal((await sendDpop(alone, { token, proof })).status, 200)
      await alone.s2s.reload({ ...options })
      await assertRefused(alone, { name: 'after a reload', headers: dpopHeaders(token, proof), ...used })
    })

    it('is refused for as long as it is young enough, also by a server whose clock goes behind', async (t) => {
      const { clock, advance } = makeMovableClock()
      const app = await start(t, form, { clock })
      const proof = makeProof({ token, claims: { iat: NOW + 60 } })
      assert.equal((await sendDpop(app, { token, proof })).status, 200)
      for (const seconds of [1, 119, 60]) {
        advance(seconds)
        await assertRefused(app, { name: `${seconds} later`, headers: dpopHeaders(token, proof), ...used })
      }
      advance(1)
      await assertRefused(app, { name: 'too old', headers: dpopHeaders(token, proof), ...invalid })
    })

    it('was not used by whoever was refused with it', async (t) => {
      const app = await start(t, form)
      const claims = { jti: 'mine' }
      const refused = [
        makeProof({ token, claims, method: 'POST' }),
        makeProof({ token, claims: { ...claims, ath: 'x' } }),
        makeProof({ token, claims, key: createTestDpopKey().keyPair.privateKey }),
      ]
      for (const proof of refused) {
        await assertRefused(app, { name: 'a wrong proof', headers: dpopHeaders(token, proof), ...invalid })
      }
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token, claims }) })).status, 200)
    })

    it('of a stranger uses up no id of the client', async (t) => {
      const app = await start(t, form)
      const stranger = createTestDpopKey({ clock: fixedClock })
      const strangers = await makeToken({ claims: { cnf: { jkt: stranger.jkt } } })
      const claims = { jti: 'guessed' }
      const theirs = stranger.proof({ token: strangers, url: `${origin}/reports/1`, claims })
      assert.equal((await sendDpop(app, { token: strangers, proof: theirs })).status, 200)
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token, claims }) })).status, 200)
    })

    for (const mode of ['down', 'read-only'] as const) {
      it(`is not let in when nobody can tell: the shared state is ${mode}`, async (t) => {
        const state = makeBreakable(createMemoryState({ clock: fixedClock }))
        const app = await start(t, form, { state })
        assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
        state.mode = mode
        const answer = await assertRefused(app, {
          name: 'a new proof',
          headers: dpopHeaders(token, makeProof({ token })),
          status: 503,
          code: 'ERR_S2S_STATE_UNAVAILABLE',
        })
        assert.equal(answer.headers['retry-after'], '10')
        state.mode = 'up'
        assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
      })
    }
  })
}
