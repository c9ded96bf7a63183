import { createPublicKey } from 'node:crypto'
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../lib/foundation/clock.ts'
import { makeCertificate, type TestCertificate } from './certificates.ts'
import { makeFarm, type Farm } from './farm.ts'
import { signedJwt } from './tokens.ts'

/** Hosts of the clouds, stated here once more: `v1` issues v1 tokens, `login` has the documents, `s2s` the S2S ones. */
export const entraClouds = {
  global: {
    v1: 'sts.windows.net',
    login: 'login.microsoftonline.com',
    s2s: 'accounts.accesscontrol.windows.net',
  },
  usgov: { v1: 'sts.windows.net', login: 'login.microsoftonline.us', s2s: 'login.microsoftonline.us' },
  china: {
    v1: 'sts.chinacloudapi.cn',
    login: 'login.partner.microsoftonline.cn',
    s2s: 'accounts.accesscontrol.chinacloudapi.cn',
  },
} as const

export type EntraCloud = keyof typeof entraClouds

/** The tenant of consumer accounts. */
export const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
/** Entra's token service as an S2S issuer. */
export const tokenService = '00000001-0000-0000-c000-000000000000'
/** The application that calls. */
export const callingApplication = '6e74172b-be56-4843-9ff4-e66a39bb12e3'
/** The API that is called. */
export const api = 'ef1da9d4-ff77-4c3e-a005-840c3f830745'

export interface EntraTokenChanges {
  readonly cloud?: EntraCloud
  /** `undefined` takes a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Who signs. Default: the business key. */
  readonly signer?: TestCertificate
}

/** Entra ID on loopback: real https under its real names, documents and tokens in the shapes of the real ones. */
export interface Entra {
  /** Reaches it under every name, and checks certificates. */
  readonly agent: Agent
  /** Host and path of every request so far. */
  readonly requests: readonly string[]
  /** Signs for business tenants: v1, v2 and S2S alike. */
  readonly business: TestCertificate
  /** Signs for consumer accounts. Stands in the same key sets. */
  readonly consumer: TestCertificate
  /** Keys that further stand in every v2 key set. */
  readonly furtherKeys: object[]
  /** Documents (by host and path) that are served instead of the genuine ones. */
  readonly forged: Map<string, object>
  v1Token(tenantId: string, changes?: EntraTokenChanges): Promise<string>
  v2Token(tenantId: string, changes?: EntraTokenChanges): Promise<string>
  /** A v2 token of an application that acts for a user. */
  delegatedToken(tenantId: string, changes?: EntraTokenChanges): Promise<string>
  /** The token service as an S2S issuer, for a server named `audience`. */
  s2s(tenantId: string, audience: string): Promise<Farm>
  close(): Promise<void>
}

/** Starts it; makes three RSA keys. */
export async function startEntra(clock: Clock): Promise<Entra> {
  const authority = await makeCertificate({ commonName: 'Spec Authority', keyType: 'ec256' })
  const hosts = [...new Set(Object.values(entraClouds).flatMap((cloud) => Object.values(cloud)))]
  const tls = await makeCertificate({ commonName: 'Entra', keyType: 'ec256', hosts, signedBy: authority })
  const business = await makeCertificate({ commonName: 'accounts.accesscontrol.windows.net' })
  const consumer = await makeCertificate({ commonName: 'Live ID STS Signing Public Key' })
  const furtherKeys: object[] = []
  const forged = new Map<string, object>()
  const requests: string[] = []
  const server = createServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, (request, response) => {
    const place = `${request.headers.host ?? ''}${request.url ?? ''}`
    requests.push(place)
    const document = forged.get(place) ?? documentAt(place, { business, consumer, furtherKeys })
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? { error: 'invalid_tenant' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const agent = new Agent({
    ca: authority.certificatePem,
    port: (server.address() as AddressInfo).port,
    autoSelectFamily: false,
    lookup: (_name, _options, callback) => {
      callback(null, '127.0.0.1', 4)
    },
  })
  const sign = (
    claims: object,
    header: object,
    { signer = business, ...changes }: EntraTokenChanges,
  ): Promise<string> =>
    signedJwt({
      header: { typ: 'JWT', kid: signer.x5t, ...header, ...changes.header },
      claims: { ...datesOf(clock), ...claims, ...changes.claims },
      algorithm: 'RS256',
      key: signer.privateKey,
    })
  return {
    agent,
    requests,
    business,
    consumer,
    furtherKeys,
    forged,
    v1Token: (tenantId, changes = {}) =>
      sign(v1Claims(tenantId, changes.cloud), { x5t: (changes.signer ?? business).x5t }, changes),
    v2Token: (tenantId, changes = {}) => sign(v2Claims(tenantId, changes.cloud), {}, changes),
    delegatedToken: (tenantId, changes = {}) =>
      sign({ ...v2Claims(tenantId, changes.cloud), ...delegatedClaims }, {}, changes),
    s2s: (tenantId, audience) =>
      makeFarm({
        realm: tenantId,
        issuerId: tokenService,
        clientId: callingApplication,
        audience,
        clock,
        certificate: business,
      }),
    close: async () => {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const application = '02223b6b-aa1d-42d4-9ec0-1b2bb9194438'

function datesOf(clock: Clock): object {
  const iat = Math.floor(clock())
  return { iat, nbf: iat, exp: iat + 4500, aio: 'k2RgYFi4nLXx', rh: '0.AXQA1Oc', uti: 'fqiBqXLPj0eQa82S-IYFAA' }
}

/** App-only: `oid` and `sub` are the service principal. */
const appOnly = { oid: application, sub: application, roles: ['Reports.Read.All'], idtyp: 'app' }
/** For a user: `scp`, another `oid`, a pairwise `sub`, no `roles`. */
const delegatedClaims = {
  oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  scp: 'reports.read',
  name: 'Abe Lincoln',
  preferred_username: 'abeli@contoso.example',
  roles: undefined,
  idtyp: undefined,
}

function v1Claims(tid: string, cloud: EntraCloud = 'global'): object {
  const iss = `https://${entraClouds[cloud].v1}/${tid}/`
  return { aud: `api://${api}`, iss, appid: callingApplication, appidacr: '2', idp: iss, ...appOnly, tid, ver: '1.0' }
}

function v2Claims(tid: string, cloud: EntraCloud = 'global'): object {
  const iss = `https://${entraClouds[cloud].login}/${tid}/v2.0`
  return { aud: api, iss, azp: callingApplication, azpacr: '2', ...appOnly, tid, ver: '2.0', xms_ftd: 'x' }
}

/** A key as Entra publishes it: no `alg`, `x5t` equal to `kid`; `issuer` in v2 sets only. */
export function entraKey({ publicKey, x5t, derBase64 }: TestCertificate, issuer?: string): object {
  const jwk = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' })
  return { ...jwk, use: 'sig', kid: x5t, x5t, x5c: [derBase64], ...(issuer === undefined ? {} : { issuer }) }
}

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const paths = new RegExp(
  `^/(common|${guid})/(v2\\.0/\\.well-known/openid-configuration|\\.well-known/openid-configuration|discovery/v2\\.0/keys|discovery/keys|metadata/json/1)$`,
)

function documentAt(
  place: string,
  { business, consumer, furtherKeys }: Pick<Entra, 'business' | 'consumer' | 'furtherKeys'>,
): object | undefined {
  const host = place.slice(0, place.indexOf('/'))
  const [, tenant = '', kind] = paths.exec(place.slice(host.length)) ?? []
  const cloud = Object.values(entraClouds).find(({ login, s2s }) => host === login || host === s2s)
  if (cloud === undefined) return undefined
  const { v1, login, s2s } = cloud
  if (kind === 'metadata/json/1') return host === s2s && tenant !== 'common' ? acsDocument(tenant, business) : undefined
  if (host !== login) return undefined
  const name = tenant === 'common' ? '{tenantid}' : tenant
  const cloudName = login.replace('login.', '')
  const v2Issuer = (of: string): string => `https://${login}/${of}/v2.0`
  const documents: Readonly<Record<string, object>> = {
    '.well-known/openid-configuration': {
      issuer: `https://${v1}/${name}/`,
      cloud_instance_name: cloudName,
      jwks_uri: `https://${login}/${tenant}/discovery/keys`,
    },
    'v2.0/.well-known/openid-configuration': {
      issuer: v2Issuer(name),
      cloud_instance_name: cloudName,
      jwks_uri: `https://${login}/${tenant}/discovery/v2.0/keys`,
    },
    'discovery/keys': { keys: [entraKey(business)] },
    'discovery/v2.0/keys': {
      keys: [entraKey(business, v2Issuer('{tenantid}')), entraKey(consumer, v2Issuer(consumerTenant)), ...furtherKeys],
    },
  }
  return documents[kind ?? '']
}

function acsDocument(tenant: string, { derBase64 }: TestCertificate): object {
  const issuer = `${tokenService}@${tenant}`
  const keys = [{ usage: 'signing', keyValue: { type: 'x509Certificate', value: derBase64 } }]
  return { version: '1.0', name: 'accounts.accesscontrol.windows.net', realm: tenant, issuer, keys }
}
