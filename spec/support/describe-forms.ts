import { after, before, describe } from 'node:test'
import { forms, startGuardedApp, type GuardedApp, type GuardedAppOptions } from './guarded-app.ts'

/** Describes an application guarded in either form; both must decide alike. `app` gives it while tests run. */
export function describeForms(
  title: string,
  options: Omit<GuardedAppOptions, 'form'>,
  addTests: (app: () => GuardedApp) => void,
): void {
  for (const form of forms) {
    describe(`${title} (${form})`, () => {
      let app: GuardedApp
      before(async () => {
        app = await startGuardedApp({ ...options, form })
      })
      after(() => app.close())
      addTests(() => app)
    })
  }
}
