import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

// Express takes next(undefined), next(null) and next('route') for "go on": an application's own function that throws such
// a thing must not open the door.
const world = await makeWorld()
const appOnly = await world.farm.appOnlyToken()
const forDana = await world.farm.userToken(dana)
const thrown: readonly unknown[] = [undefined, null, 'route', 'router', 0, false, '']

for (const form of forms) {
  describe(`a function of the application that throws what is no error (${form})`, () => {
    for (const value of thrown) {
      const throwing = (): never => {
        throw value
      }

      it(`refuses when a requirement throws ${String(value)}`, async () => {
        await assertClosed({ s2s: world.options, requirement: throwing, token: appOnly })
        await assertClosed({
          s2s: world.options,
          requirement: () => Promise.resolve().then(throwing),
          token: appOnly,
        })
      })

      it(`refuses when userRights throws ${String(value)}`, async () => {
        await assertClosed({
          s2s: { ...world.options, userRights: throwing },
          requirement: 'reports.read',
          token: forDana,
        })
      })

      it(`refuses when a container throws ${String(value)}`, async () => {
        const requirement = { scope: 'reports', right: 'Read', container: throwing } as const
        await assertClosed({ s2s: world.options, requirement, token: appOnly })
      })
    }

    interface Closed {
      readonly s2s: S2SOptions
      readonly requirement: NonNullable<Parameters<typeof startGuardedApp>[0]['resources']>[string]
      readonly token: string
    }

    async function assertClosed({ s2s, requirement, token }: Closed): Promise<void> {
      const app = await startGuardedApp({ form, s2s, resources: { 'GET /reports/:id': requirement } })
      const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
      await app.close()
      assert.equal(answer.status, 500)
      assert.equal(app.handlerCalls(), 0)
      assert.equal(app.failures.length, 1)
    }
  })
}
