import type { S2SOptions, TrustedIssuerOptions } from 'passport-s2s'
import { makeMovableClock, type MovableClock } from './clock.ts'
import { startGuardedApp, type Form, type GuardedApp } from './guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer, type ServedDocument } from './https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience } from './world.ts'

/** An OAuth issuer with discovery, and an application that trusts it. */
export interface RemoteIssuer {
  readonly issuer: OAuthIssuer
  readonly server: LocalServer
  readonly app: GuardedApp
  readonly time: MovableClock
  /** From now on its answers wait; gives the function that lets them go. */
  holdAnswers(this: void): () => void
  /** From now on it answers 503 (`true`), or as it should. */
  breakDown(this: void, isDown: boolean): void
  close(): Promise<void>
}

/** Starts both, over real TLS. Nothing is fetched yet; keys are fetched again after 100 seconds of its clock. */
export async function startRemoteIssuer(
  form: Form,
  others: readonly TrustedIssuerOptions[] = [],
): Promise<RemoteIssuer> {
  const time = makeMovableClock()
  const documents: Record<string, ServedDocument> = {}
  let held: Promise<void> | undefined
  let isDown = false
  const server = await startHttpsServer((request, response) => {
    const answer = (): void => {
      if (isDown) response.writeHead(503).end()
      else serveDocuments(documents)(request, response)
    }
    if (held === undefined) answer()
    else void held.then(answer)
  })
  // RSA keys cost 100 ms each, and these issuers change theirs often.
  const algorithms = ['ES256'] as const
  const issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock: time.clock, algorithms })
  documents['/.well-known/openid-configuration'] = issuer.metadata()
  documents['/jwks'] = () => issuer.jwks()
  const s2s: S2SOptions = {
    audience: oauthAudience,
    clock: time.clock,
    ca: server.ca,
    trustedIssuers: [{ type: 'openid', name: 'login', issuer: server.url, keysRefreshSeconds: 100 }, ...others],
  }
  const app = await startGuardedApp({ form, s2s, resources: { 'GET /reports/:id': 'reports.read' } })
  return {
    issuer,
    server,
    app,
    time,
    holdAnswers: () => {
      let letGo: () => void = () => undefined
      held = new Promise((resolve) => {
        letGo = resolve
      })
      return () => {
        held = undefined
        letGo()
      }
    },
    breakDown: (down) => {
      isDown = down
    },
    close: async () => {
      await Promise.all([app.close(), server.close()])
    },
  }
}
