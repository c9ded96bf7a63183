import { expressjwt, type GetVerificationKey } from 'express-jwt'
import jwksRsa from 'jwks-rsa'
import type { Contender } from '../contender.ts'
import { createReportsApp } from '../contenders/reports-app.ts'

/** express-jwt with jwks-rsa and its cache; keys from the issuer, no scope. */
export const contender: Contender = {
  createApp: ({ issuer, audience, jwksUri }) => {
    const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true }) as GetVerificationKey
    return createReportsApp(expressjwt({ secret, algorithms: ['RS256'], issuer, audience }))
  },
}
