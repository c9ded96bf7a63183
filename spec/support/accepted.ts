import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { forms, startGuardedApp, type GuardedApp, type GuardedAppOptions } from './guarded-app.ts'
import { sendRaw } from './send-raw.ts'

/** A request that looks like an attack and is none, or the honest one beside an attack. */
export interface AcceptedCase {
  readonly name: string
  readonly token: string
}

/** Sends every token to an application guarded in either form; the handler must run. Shows that a refusal has its reason. */
export function describeAccepted(
  title: string,
  options: Omit<GuardedAppOptions, 'form'>,
  cases: readonly AcceptedCase[],
): void {
  for (const form of forms) {
    describe(`${title} (${form})`, () => {
      let app: GuardedApp
      before(async () => {
        app = await startGuardedApp({ ...options, form })
      })
      after(() => app.close())
      for (const { name, token } of cases) {
        it(`accepts ${name}`, async () => {
          const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
          assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
          assert.equal(answer.headers['x-handler'], 'ran')
        })
      }
    })
  }
}
