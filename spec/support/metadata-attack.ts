import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { TrustedIssuerOptions } from 'passport-s2s'
import { assertRefused } from './attack.ts'
import { makeCertificate, type TestCertificate } from './certificates.ts'
import { fixedClock } from './clock.ts'
import { makeFarm, type Farm } from './farm.ts'
import { forms, startGuardedApp, type Form, type GuardedApp } from './guarded-app.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from './https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'
import { sendRaw } from './send-raw.ts'
import { oauthAudience, s2sAudience, self } from './world.ts'

/** Where one case plays, and what may never be asked. */
export interface AttackPlace {
  /** The issuer of an OpenID case, and what stands before all its addresses: nothing at its end. */
  readonly url: string
  /** Over https, with a certificate that would be trusted. */
  readonly canary: string
  readonly plainCanary: string
  /** Of an OpenID case: its honest key set is `oauth.jwks()`. */
  readonly oauth: OAuthIssuer
  /** Of an S2S case: its honest document is `farm.metadata('exchange')`. */
  readonly farm: Farm
}

/** What is served in place of a document: JSON, a text, or whatever the function does. */
export type Served = object | string | RequestListener

/** One document that is not what it should be. Exactly one of `discovery`, `keySet` and `metadata`. */
export interface MetadataCase {
  /** Starts with the matrix row: `row 64: jwks_uri over http`. */
  readonly name: string
  readonly discovery?: (place: AttackPlace) => Served
  readonly keySet?: (place: AttackPlace) => Served
  /** The metadata document of an S2S issuer. */
  readonly metadata?: (place: AttackPlace) => Served
  /** Default: an honest token of the issuer. */
  readonly token?: (place: AttackPlace) => string | Promise<string>
  /** What the token gets. Default 503. */
  readonly status?: 200 | 401 | 503
  /** `undefined` for 200. Default `ERR_S2S_METADATA_INVALID`. */
  readonly code?: string | undefined
  /** Default 5000. */
  readonly timeoutMilliseconds?: number
}

/** No answer may take longer, on the slowest machine; what waits for a deadline has one that is far below. */
const longestMilliseconds = 4000
let certificate: TestCertificate | undefined

/** Serves every case to an application guarded in either form. Nothing else than the configured addresses is asked. */
export function describeMetadataAttack(title: string, cases: readonly MetadataCase[]): void {
  for (const form of forms) {
    describe(`${title} (${form})`, { concurrency: cases.some(isSlow) }, () => {
      let scene: Scene
      before(async () => {
        scene = await openScene(form, cases)
      })
      after(() => scene.close())
      for (const [index, attack] of cases.entries()) {
        it(`${attack.status === 200 ? 'accepts' : 'refuses'} ${attack.name}`, async () => {
          await runCase(scene, attack, index)
        })
      }
    })
  }
}

function isSlow({ timeoutMilliseconds }: MetadataCase): boolean {
  return timeoutMilliseconds !== undefined
}

interface Scene {
  readonly app: GuardedApp
  readonly places: readonly AttackPlace[]
  readonly canaries: readonly LocalServer[]
  close(): Promise<unknown>
}

async function runCase({ app, places, canaries }: Scene, attack: MetadataCase, index: number): Promise<void> {
  const place = places[index] ?? assert.fail()
  const { name, status = 503, code = status === 200 ? undefined : 'ERR_S2S_METADATA_INVALID' } = attack
  const honest = attack.metadata === undefined ? place.oauth.token(reading) : place.farm.appOnlyToken()
  const token = (await attack.token?.(place)) ?? (await honest)
  const startedAt = performance.now()
  if (status === 200) {
    const calls = app.handlerCalls()
    const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
    assert.equal(answer.status, 200, answer.body)
    assert.equal(app.handlerCalls(), calls + 1)
  } else {
    const { headers } = await assertRefused(app, { name, token, status, code })
    assert.equal(headers['retry-after'], status === 503 ? '10' : undefined)
  }
  assert.ok(performance.now() - startedAt < longestMilliseconds, 'took too long')
  for (const { requests } of canaries) assert.deepEqual(requests, [], 'a wrong address was asked')
}

const reading = { claims: { scope: 'reports.read' } }

async function openScene(form: Form, cases: readonly MetadataCase[]): Promise<Scene> {
  const canary = await startHttpsServer((_request, response) => response.end('{"keys":[]}'))
  const plainCanary = await startHttpServer((_request, response) => response.end('{"keys":[]}'))
  const server = await startHttpsServer((request, response) => {
    const [, index = '', path] = /^\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? []
    const [attack, place] = [cases[Number(index)], places[Number(index)]]
    const served = attack === undefined || place === undefined ? undefined : documentAt(path, attack, place)
    if (typeof served === 'function') (served as RequestListener)(request, response)
    else if (served === undefined) response.writeHead(404).end()
    else response.end(typeof served === 'string' ? served : JSON.stringify(served))
  })
  certificate ??= await makeCertificate({ commonName: 'Spec Farm' })
  const oauth = { audience: oauthAudience, clock: fixedClock, algorithms: ['RS256', 'ES256'] } as const
  const shared = makeOAuthIssuer({ ...oauth, issuer: 'https://unused.example' })
  const farmOptions = { realm: self.realm, clientId: 'reporter', audience: s2sAudience, clock: fixedClock, certificate }
  const places = await Promise.all(
    cases.map(async (_, index): Promise<AttackPlace> => ({
      url: `${server.url}/${index}`,
      canary: canary.url,
      plainCanary: plainCanary.url,
      oauth: issuedBy(shared, `${server.url}/${index}`),
      farm: await makeFarm({ ...farmOptions, issuerId: `farm-${index}` }),
    })),
  )
  const app = await startApp(
    form,
    cases.map((attack, index) => trustIn(attack, index, places)),
    server.ca,
  )
  const servers = [canary, plainCanary, server, app]
  return { app, places, canaries: [canary, plainCanary], close: () => Promise.all(servers.map((one) => one.close())) }
}

/** The same keys under another name: RSA keys are dear. */
function issuedBy(issuer: OAuthIssuer, iss: string): OAuthIssuer {
  return {
    ...issuer,
    issuer: iss,
    metadata: () => ({ issuer: iss, jwks_uri: `${iss}/jwks` }),
    token: ({ claims, ...changes } = {}) => issuer.token({ ...changes, claims: { iss, ...claims } }),
  }
}

function documentAt(path: string | undefined, attack: MetadataCase, place: AttackPlace): Served | undefined {
  const { discovery, keySet, metadata } = attack
  if (path === '/metadata') return metadata?.(place)
  if (path === '/jwks') return keySet?.(place) ?? place.oauth.jwks()
  if (path === '/.well-known/openid-configuration') return discovery?.(place) ?? place.oauth.metadata()
  // What a redirect within the origin leads to is good in itself.
  if (path === '/elsewhere') return discovery === undefined ? place.oauth.jwks() : place.oauth.metadata()
  return undefined
}

function trustIn(attack: MetadataCase, index: number, places: readonly AttackPlace[]): TrustedIssuerOptions {
  const { url, farm } = places[index] ?? assert.fail()
  const common = { name: `issuer-${index}`, timeoutMilliseconds: attack.timeoutMilliseconds ?? 5000 }
  if (attack.metadata === undefined) return { ...common, type: 'openid', issuer: url }
  const endpoint = { registeredIssuerName: farm.issuerName, metadataEndpoint: `${url}/metadata` }
  return { ...common, ...endpoint, type: 's2s-metadata', isTrustBroker: true }
}

function startApp(form: Form, trustedIssuers: readonly TrustedIssuerOptions[], ca: string): Promise<GuardedApp> {
  const grants = trustedIssuers.flatMap(({ type, name = '' }) =>
    type === 's2s-metadata'
      ? [{ issuer: name, application: 'reporter', permissions: ['reports.read'], appOnly: true }]
      : [],
  )
  const s2s = { self, audience: oauthAudience, clock: fixedClock, ca, trustedIssuers, grants }
  return startGuardedApp({ form, resources: { 'GET /reports/:id': 'reports.read' }, s2s })
}
