import type { RequestHandler } from 'express'
import { createVerifier } from 'fast-jwt'
import type { Contender } from '../contender.ts'
import { createReportsApp } from '../contenders/reports-app.ts'
import type { PublicWorld } from '../world/public-world.ts'

/** Express with fast-jwt and its cache: one static key, no TLS check, no scope. */
export const contender: Contender = { createApp: (world) => createFastJwtApp(world, 10_000) }

/** A small middleware around fast-jwt. */
export function createFastJwtApp(
  { publicKeyPem, issuer, audience }: PublicWorld,
  cache: number | false,
): ReturnType<typeof createReportsApp> {
  const verify = createVerifier({
    key: publicKeyPem,
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: audience,
    cache,
  })
  const guard: RequestHandler = (request, response, next) => {
    const header = request.headers.authorization ?? ''
    try {
      response.locals['auth'] = verify(header.slice('Bearer '.length)) as unknown
    } catch {
      response.status(401).json({ error: 'invalid_token' })
      return
    }
    next()
  }
  return createReportsApp(guard)
}
