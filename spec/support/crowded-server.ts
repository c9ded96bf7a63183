import express, { type Request, type Response } from 'express'
import { createMemoryGrants, createS2S, type MemoryGrants, type S2S, type TrustedIssuerOptions } from 'passport-s2s'
import { makeMovableClock, type MovableClock } from './clock.ts'
import { describeCaller, rightsOfUser, type NamedCaller } from './crowd.ts'
import { makeFarm, type Farm } from './farm.ts'
import { everyForm, guardOf } from './guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from './https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience, s2sAudience, self } from './world.ts'

/** Requests wait in their handlers until the gate is opened. */
export interface Gate {
  /** How many wait. */
  waiting: number
  readonly opened: Promise<void>
  open(this: void): void
}

/** Makes a gate that is closed. */
export function makeGate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { waiting: 0, opened, open }
}

/** One server that guards `/<form>/reports` in every form, and two issuers whose keys it fetches. */
export interface CrowdedServer extends LocalServer {
  readonly s2s: S2S
  readonly grants: MemoryGrants
  readonly farm: Farm
  readonly login: OAuthIssuer
  readonly time: MovableClock
  /** How it trusts the farm, to do that again. */
  readonly farmTrust: TrustedIssuerOptions
  /** Where handlers wait; an open one by default. */
  gate: Gate
  /** The key sets of `login` wait as long as this is not resolved. */
  keysOfLogin: Promise<void>
}

const metadataPath = '/metadata/json/1'

/** Starts the server and its issuers over real TLS. The handler answers whom it saw, in both places where one may look. */
export async function startCrowdedServer(): Promise<CrowdedServer> {
  const time = makeMovableClock()
  const { clock } = time
  const names = { realm: self.realm, clientId: 'delegate', issuerId: 'broker', audience: s2sAudience }
  const farm = await makeFarm({ ...names, clock })
  const issuerServer = await startHttpsServer((request, response) => {
    const documents = { [metadataPath]: farm.metadata('sharepoint'), '/jwks': () => login.jwks() }
    const wait = request.url === '/jwks' ? crowded.keysOfLogin : Promise.resolve()
    void wait.then(() => {
      serveDocuments(documents)(request, response)
    })
  })
  const { url, ca } = issuerServer
  const login = makeOAuthIssuer({ issuer: url, audience: oauthAudience, clock, algorithms: ['ES256'] })
  const remote = { keysRefreshSeconds: 100, timeoutMilliseconds: 60_000 }
  const farmTrust: TrustedIssuerOptions = {
    type: 's2s-metadata',
    name: 'farm',
    metadataEndpoint: url + metadataPath,
    isTrustBroker: true,
    allowDelegation: { applications: ['delegate'] },
    ...remote,
  }
  const grants = createMemoryGrants([])
  const s2s = createS2S({
    self,
    audience: oauthAudience,
    clock,
    ca,
    trustedIssuers: [farmTrust, { type: 'openid', name: 'login', issuer: url, jwksUri: `${url}/jwks`, ...remote }],
    grants,
    userRights: async (user) => {
      await new Promise(setImmediate)
      return rightsOfUser(user)
    },
  })
  const server = await startHttpsServer(createCrowdedApp(s2s, () => crowded.gate))
  const crowded: CrowdedServer = {
    ...server,
    s2s,
    grants,
    farm,
    login,
    time,
    farmTrust,
    gate: makeGate(),
    keysOfLogin: Promise.resolve(),
    close: async () => {
      s2s.close()
      await Promise.all([server.close(), issuerServer.close()])
    },
  }
  crowded.gate.open()
  return crowded
}

function createCrowdedApp(s2s: S2S, gate: () => Gate): express.Express {
  const app = express()
  for (const form of everyForm) {
    const path = `/${form.replace(' ', '-')}/reports`
    app.get(path, ...guardOf(s2s, { form, resources: { [`GET ${path}`]: 'reports.read' } }), answer)
  }
  async function answer(request: Request, response: Response): Promise<void> {
    const { opened } = gate()
    gate().waiting += 1
    const principal = describeCaller(s2s.principalOf(request))
    await opened
    // Once more, after everybody else has been here.
    const seen = [principal, s2s.principalOf(request), request.user].map((caller) =>
      typeof caller === 'string' ? caller : describeCaller(caller as NamedCaller),
    )
    response.json(seen)
  }
  app.use(s2s.errorResponder())
  return app
}
