import type { RequestHandler } from 'express'
import { Passport, type Strategy } from 'passport'
import { Strategy as BearerStrategy } from 'passport-http-bearer'
import type { Contender } from '../contender.ts'
import { createReportsApp } from './reports-app.ts'

/** passport-http-bearer that believes everybody: Passport's own price. */
export const contender: Contender = {
  createApp: () => {
    const strategy = new BearerStrategy({ passReqToCallback: true }, (_request, _token, verified) => {
      verified(null, { id: 'anybody' })
    })
    const passport = new Passport()
    passport.use(strategy as unknown as Strategy)
    return createReportsApp(passport.authenticate('bearer', { session: false }) as RequestHandler)
  },
}
