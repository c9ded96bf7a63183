import type { RequestHandler } from 'express'
import { Passport } from 'passport'
import type { Contender } from '../contender.ts'
import { resourceTable, startOurServer } from './our-server.ts'
import { createReportsApp } from './reports-app.ts'

/** `passport.authenticate('s2s')` and `s2s.protectResources()`. */
export const contender: Contender = {
  createApp: async (world, setting) => {
    const s2s = await startOurServer(world, setting)
    const passport = new Passport()
    passport.use(s2s.strategy)
    const app = createReportsApp(
      passport.authenticate('s2s', { session: false, failWithError: true }) as RequestHandler,
      s2s.protectResources(resourceTable(setting)),
      s2s.errorResponder(),
    )
    return app.set('trust proxy', 'loopback')
  },
}
