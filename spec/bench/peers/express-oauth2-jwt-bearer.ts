import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import type { Contender } from '../contender.ts'
import { createReportsApp } from '../contenders/reports-app.ts'

/** express-oauth2-jwt-bearer with its scope check; keys from the issuer. */
export const contender: Contender = {
  createApp: ({ issuer, audience, jwksUri }) =>
    createReportsApp(auth({ issuer, audience, jwksUri, tokenSigningAlg: 'RS256' }), requiredScopes('reports.read')),
}
