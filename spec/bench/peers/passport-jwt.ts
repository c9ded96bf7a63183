import type { RequestHandler } from 'express'
import jwksRsa from 'jwks-rsa'
import { Passport, type Strategy } from 'passport'
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt'
import type { Contender } from '../contender.ts'
import { createReportsApp } from '../contenders/reports-app.ts'

/** passport-jwt with jwks-rsa and its cache; keys from the issuer, no scope. */
export const contender: Contender = {
  createApp: ({ issuer, audience, jwksUri }) => {
    const strategy = new JwtStrategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true }),
        algorithms: ['RS256'],
        issuer,
        audience,
      },
      (claims, done) => {
        done(null, claims)
      },
    )
    const passport = new Passport()
    passport.use(strategy as unknown as Strategy)
    return createReportsApp(passport.authenticate('jwt', { session: false }) as RequestHandler)
  },
}
