import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { DoctorOptions } from '../../lib/doctor/doctor-options.ts'
import { explainToken } from '../../lib/doctor/explain-token.ts'
import type { Finding } from '../../lib/doctor/finding.ts'
import { checkTrust } from '../../lib/doctor/trust/check-trust.ts'
import { systemClock } from '../../lib/foundation/clock.ts'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import type { OpenIdIssuerOptions, S2SMetadataIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { makeCertificate, type TestCertificate } from './certificates.ts'
import { makeFarm, type Farm } from './farm.ts'
import { startHttpsServer, type LocalServer } from './https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience, s2sAudience, self } from './world.ts'

/** What is served in place of a document: JSON, a text, or whatever the function does. */
export type Served = object | string | RequestListener

/** An issuer, and where it publishes. */
export interface TrustPlace {
  /** The issuer of an OpenID case, and what stands before all its addresses. */
  readonly url: string
  readonly oauth: OAuthIssuer
  readonly farm: Farm
}

/** One thing that is wrong with an issuer, and what must be said of it. `<url>` stands for its address. */
export interface TrustFault {
  readonly name: string
  /** Documents by their path, in place of the honest ones. */
  readonly serve?: (place: TrustPlace) => Readonly<Record<string, Served>>
  /** Options of the issuer besides its address; with `type: 's2s-metadata'` it speaks S2S. */
  readonly issuer?: (place: TrustPlace) => Partial<OpenIdIssuerOptions> | Partial<S2SMetadataIssuerOptions>
  readonly options?: Partial<DoctorOptions>
  readonly kind: string
  /** Default `error`. */
  readonly severity?: Finding['severity']
  readonly sentence: string
  readonly fix: string
  /** The code of an honest token, of which the same is said; left out when it is accepted. */
  readonly code?: ErrorCode
  /** The first line about that token, where it is another. */
  readonly line?: string
}

const broker = 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d'
const application = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
export const certificate: TestCertificate = await makeCertificate({ commonName: 'Farm' })

/** The one key of all OpenID cases. */
export const sharedIssuer: OAuthIssuer = makeOAuthIssuer({
  ...{ issuer: 'https://unused.example', audience: oauthAudience, clock: systemClock },
  algorithms: ['ES256'],
})

/** An issuer at an address; all of them have the same keys. */
export async function makePlace(url: string): Promise<TrustPlace> {
  const oauth: OAuthIssuer = {
    ...sharedIssuer,
    issuer: url,
    metadata: () => ({ issuer: url, jwks_uri: `${url}/jwks` }),
    token: ({ claims, ...changes } = {}) => sharedIssuer.token({ ...changes, claims: { iss: url, ...claims } }),
  }
  const names = { realm: self.realm, clientId: application, issuerId: broker, audience: s2sAudience }
  return { url, oauth, farm: await makeFarm({ ...names, clock: systemClock, certificate }) }
}

/** A server whose places each have an issuer of their own: `/0`, `/1`... */
export async function startPlaces(faults: readonly TrustFault[]): Promise<{
  readonly server: LocalServer
  readonly places: readonly TrustPlace[]
}> {
  const server = await startHttpsServer((request, response) => {
    const [, index = '', path = ''] = /^\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? []
    const [fault, place] = [faults[Number(index)], places[Number(index)]]
    const served = fault === undefined || place === undefined ? undefined : documentsOf(fault, place)[path]
    if (typeof served === 'function') (served as RequestListener)(request, response)
    else if (served === undefined) response.writeHead(404).end()
    else response.end(typeof served === 'string' ? served : JSON.stringify(served))
  })
  const places = await Promise.all(faults.map((_, index) => makePlace(`${server.url}/${index}`)))
  return { server, places }
}

function documentsOf({ serve }: TrustFault, place: TrustPlace): Readonly<Record<string, Served>> {
  return {
    '/.well-known/openid-configuration': place.oauth.metadata(),
    '/jwks': place.oauth.jwks(),
    '/metadata': place.farm.metadata('exchange'),
    ...serve?.(place),
  }
}

/** The server that trusts the issuer of a case. */
export function trusting({ issuer, options }: TrustFault, place: TrustPlace, ca: string): DoctorOptions {
  const given = issuer?.(place) ?? {}
  const isS2S = given.type === 's2s-metadata'
  const address = isS2S
    ? { metadataEndpoint: `${place.url}/metadata`, registeredIssuerName: place.farm.issuerName, isTrustBroker: true }
    : { type: 'openid', issuer: place.url }
  const entry = { name: 'issuer', ...address, ...given } as OpenIdIssuerOptions
  return { self, audience: oauthAudience, ca, trustedIssuers: [entry], timeoutMilliseconds: 4000, ...options }
}

/** Looks at the issuer for real: this finding is there, and no other error; a token of it is explained by the same cause. */
export async function holdTrustFault(fault: TrustFault, place: TrustPlace, ca: string): Promise<void> {
  const options = trusting(fault, place, ca)
  const { kind, severity = 'error', sentence, fix, code } = fault
  const findings = await checkTrust(options)
  const found = findings.find((finding) => finding.kind === kind) ?? assert.fail(JSON.stringify(findings))
  assert.deepEqual(
    { ...found, sentence: plain(found.sentence, place), fix: plain(found.fix, place) },
    { severity, kind, issuer: 'issuer', sentence, fix },
  )
  const errors = findings.filter((finding) => finding.severity === 'error')
  assert.equal(errors.length, severity === 'error' ? 1 : 0, JSON.stringify(findings))
  const given = fault.issuer?.(place).type === 's2s-metadata'
  const token = await (given ? place.farm.appOnlyToken() : place.oauth.token())
  const explanation = await explainToken(options, token)
  assert.equal(explanation.code, code, explanation.verdict)
  if (code !== undefined) assert.equal(plain(explanation.verdict, place), fault.line ?? lineOf(fault, code))
}

/** The first line about a token of an issuer that cannot be used. */
function lineOf({ sentence, fix }: TrustFault, code: ErrorCode): string {
  const [cause, change] = [sentence, fix].map((text) =>
    text.replace(/^[A-Z](?=[a-z]* )/, (letter) => letter.toLowerCase()),
  )
  return `Refused (${code}): the keys of issuer cannot be had: ${cause ?? ''} Fix: ${change ?? ''}`
}

function plain(text: string, { url }: TrustPlace): string {
  return text
    .replaceAll(url, '<url>')
    .replaceAll(new URL(url).origin, '<origin>')
    .replace(/(?<=certificate )[\w-]{27}(?= )/g, '<x5t>')
    .replace(/(?<=localhost):\d+/gi, ':<port>')
    .replace(/\d+ seconds/g, '<n> seconds')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '<time>')
    .replaceAll(self.realm, '<realm>')
    .replaceAll(broker, '<broker>')
}
