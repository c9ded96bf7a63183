import { JwtVerifier } from 'aws-jwt-verify'
import type { RequestHandler } from 'express'
import type { Contender } from '../contender.ts'
import { createReportsApp } from '../contenders/reports-app.ts'

/** Express with aws-jwt-verify and its scope check; keys from the issuer. */
export const contender: Contender = {
  createApp: async ({ issuer, audience, jwksUri }) => {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri, scope: 'reports.read' })
    await verifier.hydrate()
    const guard: RequestHandler = (request, response, next) => {
      verifier.verify((request.headers.authorization ?? '').slice('Bearer '.length)).then(
        (claims) => {
          response.locals['auth'] = claims
          next()
        },
        () => {
          response.status(401).json({ error: 'invalid_token' })
        },
      )
    }
    return createReportsApp(guard)
  },
}
