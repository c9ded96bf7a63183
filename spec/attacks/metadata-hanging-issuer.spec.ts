import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { fetchingTypes, startFailingIssuer, type FailingIssuer } from '../support/failing-issuer.ts'
import { neverAnswers } from '../support/faults.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { clock } = makeMovableClock()
const resources = { 'GET /reports/:id': 'reports.read' }

const send = async (app: GuardedApp, token: string): Promise<number> =>
  (await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })).status

for (const type of fetchingTypes) {
  for (const form of forms.filter((name) => (name === 'passport') === (type === 'openid'))) {
    describe(`an issuer that hangs (${type}, ${form})`, () => {
      let hanging: FailingIssuer
      let working: FailingIssuer
      let app: GuardedApp
      before(async () => {
        hanging = await startFailingIssuer(type, clock)
        working = await startFailingIssuer('openid', clock)
        hanging.fault = neverAnswers
        app = await startGuardedApp({ form, s2s: trusting(hanging, working), resources })
      })
      after(() => Promise.all([app.close(), hanging.close(), working.close()]))

      it('row 68: holds up nobody but its own callers, and them until the deadline', async () => {
        let hasEnded = false
        const token = await hanging.generations[0].token()
        // Not as many as our sender has connections.
        const held = Promise.all(Array.from({ length: 5 }, () => send(app, token))).finally(() => (hasEnded = true))
        const others = [await world.farm.appOnlyToken(), await working.generations[0].token()]
        for (const other of [...others, ...others]) assert.equal(await send(app, other), 200)
        assert.equal(hasEnded, false, 'the others had to wait')
        assert.deepEqual([...new Set(await held)], [503])
        assert.equal(app.handlerCalls(), 4)
        assert.ok(hanging.attempts() <= 4, `${hanging.attempts()} fetches`)
      })
    })
  }
}

function trusting(hanging: FailingIssuer, working: FailingIssuer): S2SOptions {
  const fetching = [
    { ...hanging.trust({ timeoutMilliseconds: 700 }), name: 'hanging' },
    { ...working.trust({}), name: 'working' },
  ]
  return { ...world.options, trustedIssuers: [...world.options.trustedIssuers, ...fetching] }
}
