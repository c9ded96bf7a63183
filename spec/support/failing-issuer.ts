import type { RequestListener } from 'node:http'
import { Agent, createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { TrustedIssuerOptions } from 'passport-s2s'
import type { Clock } from '../../lib/foundation/clock.ts'
import { makeCertificate, makeLocalhostTls, type TestCertificate } from './certificates.ts'
import { makeFarm } from './farm.ts'
import { makeOAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience, s2sAudience, self } from './world.ts'

/** The types of issuers that fetch. */
export const fetchingTypes = ['openid', 's2s-metadata'] as const

export type FetchingType = (typeof fetchingTypes)[number]

/** What stands between us and the documents of an issuer. */
export interface Fault {
  /** Answers in the issuer's place. */
  readonly answer?: RequestListener
  /** The issuer's name is not found, or nobody listens at its address. */
  readonly address?: 'not found' | 'nobody there'
  /** It shows a certificate that was good until 2021. */
  readonly certificate?: 'expired'
  /** Publishes no key at all. */
  readonly keys?: 'none'
  /** How it calls its documents. Default `application/json`. */
  readonly contentType?: string
}

/** One key of the issuer, and tokens that are signed with it. */
export interface KeyGeneration {
  readonly published: object
  /** A token for `reports.read`, issued now. */
  token(this: void): Promise<string>
}

/** An issuer over real TLS that fails in the way it is told to. */
export interface FailingIssuer {
  readonly type: FetchingType
  readonly url: string
  /** Changed while it runs. */
  fault: Fault | undefined
  /** Which keys each node of the issuer publishes; the nodes take turns, beginning with the first. */
  nodes: readonly (readonly KeyGeneration[])[]
  readonly generations: readonly [KeyGeneration, KeyGeneration, KeyGeneration]
  /** The trust in it; its name is `issuer`. */
  trust(options: { readonly timeoutMilliseconds?: number }): TrustedIssuerOptions
  /** How many connections were tried, also those that never came to be. */
  attempts(): number
  /** Until nothing is fetched any more. */
  quiet(): Promise<void>
  close(): Promise<void>
}

/** Seconds after which the keys must be looked at again, and after which they are no longer used. */
export const refreshSeconds = 100
export const staleSeconds = 1000

/** The application its tokens name, in S2S tokens. */
export const application = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const issuerId = 'e7f60d15-3b8a-49c2-9d40-5a1c8b2e7f36'
const metadataPath = '/metadata/json/1'

/** Starts it without faults; its one node publishes the first generation. */
export async function startFailingIssuer(type: FetchingType, clock: Clock): Promise<FailingIssuer> {
  const tls = await makeTls()
  let turn = 0
  const server = createServer(tls.good, (request, response) => {
    if (issuer.fault?.answer !== undefined) {
      issuer.fault.answer(request, response)
      return
    }
    const isDocument = request.url === '/.well-known/openid-configuration'
    const node = isDocument ? undefined : issuer.nodes[turn++ % issuer.nodes.length]
    const keys = issuer.fault?.keys === 'none' ? [] : (node ?? []).map(({ published }) => published)
    response.setHeader('content-type', issuer.fault?.contentType ?? 'application/json')
    response.end(JSON.stringify(documentOf(issuer, keys, isDocument)))
  })
  const url = `https://localhost:${await listen(server)}`
  const { agent, attempts } = makeAgent(tls.ca, () => issuer.fault?.address)
  const generations = await makeGenerations(type, url, clock)
  let fault: Fault | undefined
  let nodes: FailingIssuer['nodes'] = [[generations[0]]]
  const issuer: FailingIssuer = {
    type,
    url,
    get fault() {
      return fault
    },
    set fault(next) {
      fault = next
      server.setSecureContext(next?.certificate === 'expired' ? tls.expired : tls.good)
    },
    get nodes() {
      return nodes
    },
    set nodes(next) {
      nodes = next
      turn = 0
    },
    generations,
    trust: (options) => ({ ...trustIn(type, url), agent, ...options }),
    attempts,
    quiet: () => untilIdle(agent),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return issuer
}

function trustIn(type: FetchingType, url: string): TrustedIssuerOptions {
  const common = { name: 'issuer', keysRefreshSeconds: refreshSeconds, keysStaleSeconds: staleSeconds }
  if (type === 'openid') return { ...common, type, issuer: url }
  const registeredIssuerName = `${issuerId}@${self.realm}`
  return { ...common, type, registeredIssuerName, metadataEndpoint: url + metadataPath, isTrustBroker: true }
}

function documentOf({ type, url }: FailingIssuer, keys: readonly object[], isDiscovery: boolean): object {
  if (type === 's2s-metadata') return { issuer: `${issuerId}@${self.realm}`, realm: self.realm, keys }
  return isDiscovery ? { issuer: url, jwks_uri: `${url}/jwks` } : { keys }
}

async function makeGenerations(type: FetchingType, url: string, clock: Clock): Promise<FailingIssuer['generations']> {
  const make = (number: number): Promise<KeyGeneration> =>
    type === 'openid'
      ? Promise.resolve(makeJwkGeneration(number, url, clock))
      : makeCertificateGeneration(number, clock)
  return [await make(0), await make(1), await make(2)]
}

function makeJwkGeneration(number: number, issuer: string, clock: Clock): KeyGeneration {
  const oauth = makeOAuthIssuer({ issuer, audience: oauthAudience, clock, algorithms: ['ES256'] })
  const kid = `generation-${number}`
  return {
    published: { ...oauth.jwks().keys[0], kid },
    token: () => oauth.token({ claims: { scope: 'reports.read' }, header: { kid } }),
  }
}

/** RSA keys are dear: all issuers of one process have the same. */
const certificates: Promise<TestCertificate>[] = []

async function makeCertificateGeneration(number: number, clock: Clock): Promise<KeyGeneration> {
  certificates[number] ??= makeCertificate({ commonName: `Generation ${number}` })
  const names = { realm: self.realm, clientId: application, issuerId, audience: s2sAudience, clock }
  const farm = await makeFarm({ ...names, certificate: await certificates[number] })
  const { keys } = farm.metadata('exchange') as { readonly keys: readonly [object] }
  return { published: keys[0], token: () => farm.appOnlyToken() }
}

interface TlsMaterial {
  readonly good: { readonly cert: string; readonly key: string }
  readonly expired: { readonly cert: string; readonly key: string }
  readonly ca: string[]
}

/** Both certificates are of authorities that we trust: the expired one has no other fault. */
async function makeTls(): Promise<TlsMaterial> {
  const tls = await makeLocalhostTls()
  const authority = await makeCertificate({ commonName: 'Old Authority', keyType: 'ec256' })
  const hosts = ['localhost']
  const past = { commonName: 'localhost', keyType: 'ec256', hosts, days: 366, signedBy: authority } as const
  const expired = await makeCertificate(past)
  return {
    good: { cert: tls.certificatePem, key: tls.privateKeyPem },
    expired: { cert: expired.certificatePem, key: expired.privateKeyPem },
    ca: [tls.ca, authority.certificatePem],
  }
}

/** An agent that counts, and that finds the issuer where the fault says. A resumed TLS session would hide the certificate. */
function makeAgent(ca: string[], place: () => Fault['address']): { agent: Agent; attempts: () => number } {
  let count = 0
  const agent = new Agent({
    secureContext: createSecureContext({ ca }),
    maxCachedSessions: 0,
    lookup: (_hostname, { all }, callback) => {
      count += 1
      const error = place() === 'not found' ? Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) : null
      // The server listens at one address of the loopback network only.
      const address = place() === 'nobody there' ? '127.0.0.9' : '127.0.0.1'
      process.nextTick(() => {
        if (all === true) callback(error, [{ address, family: 4 }])
        else callback(error, address, 4)
      })
    },
  })
  return { agent, attempts: () => count }
}

async function untilIdle({ sockets, requests }: Agent): Promise<void> {
  const isBusy = (): boolean => Object.keys(sockets).length + Object.keys(requests).length > 0
  while (isBusy()) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
