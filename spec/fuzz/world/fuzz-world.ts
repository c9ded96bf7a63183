import { importX509 } from 'jose'
import type { VerifierOptions } from '../../../lib/permissions/caller-options.ts'
import { readGenuineActorToken, readWorkedExample } from '../../support/vectors.ts'
import { oauthAudience, s2sAudience, self } from '../../support/world.ts'
import type { StrictWorld } from '../oracle/strict-world.ts'
import { fixedCertificate } from './fixed-certificate.ts'
import { fixedEd25519, fixedP256, type FixedKey } from './fixed-keys.ts'

/** Whoever signs here, and how its tokens name the key. */
export interface FuzzSigner {
  readonly issuer: string
  readonly header: Readonly<Record<string, string>>
  readonly key: FixedKey
}

/** Tokens to begin with. */
export interface FuzzTokens {
  /** Good for the world's verifier, now. */
  readonly good: readonly string[]
  /** Those, and others that are well known. */
  readonly all: readonly string[]
}

/** Issuers, tokens, and a verifier configuration that trusts the issuers. Always the same; nothing is fetched. */
export interface FuzzWorld {
  readonly options: VerifierOptions
  readonly strict: StrictWorld
  readonly tokens: FuzzTokens
}

const example = readWorkedExample()
const genuine = readGenuineActorToken()

/** The time that it is, in seconds since 1970. */
export const fuzzNow = example.now

const realm = self.realm
const client = '1f0b3c57-6d9e-4a1c-8f42-0c5d7e9a1b33'
const broker = 'e2a94c18-3b7d-45f6-9c20-8d1f6a0b4e75'
const loner = '90c4f7d2-58ab-4e03-b6d1-27f3a98c5e64@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'

const keys = {
  login: fixedEd25519('login'),
  loginOther: fixedP256('login'),
  id: fixedP256('id'),
  remote: fixedEd25519('remote'),
  farm: fixedEd25519('farm'),
  loner: fixedEd25519('loner'),
  stranger: fixedEd25519('stranger'),
}
const certificates = { farm: fixedCertificate('Farm', keys.farm), loner: fixedCertificate('Loner', keys.loner) }
const login = 'https://login.example.com'
const id = 'https://id.example.net'
const remote = 'https://remote.example.org'

const jwk = (key: FixedKey, kid: string): object => ({ ...key.jwk, kid, alg: key.algorithm, use: 'sig' })
const loginKeys = { keys: [jwk(keys.login, 'ed-1'), jwk(keys.loginOther, 'es-1')] }
const idKeys = { keys: [jwk(keys.id, 'es-1')] }
const remoteKeys = { keys: [jwk(keys.remote, 'ed-1')] }

/** Who signs tokens that are changed; the last one is trusted by nobody. */
export const signers: readonly FuzzSigner[] = [
  { issuer: login, header: { typ: 'at+jwt', kid: 'ed-1' }, key: keys.login },
  { issuer: login, header: { typ: 'JWT', kid: 'es-1' }, key: keys.loginOther },
  { issuer: id, header: { typ: 'at+jwt', kid: 'es-1' }, key: keys.id },
  { issuer: remote, header: { typ: 'at+jwt', kid: 'ed-1' }, key: keys.remote },
  { issuer: `${broker}@${realm}`, header: { typ: 'JWT', x5t: certificates.farm.x5t }, key: keys.farm },
  { issuer: loner, header: { typ: 'JWT', x5t: certificates.loner.x5t }, key: keys.loner },
  { issuer: login, header: { typ: 'at+jwt', kid: 'ed-1' }, key: keys.stranger },
]

/** Values of claims that mean something here. */
export const claimValues: readonly (string | number | boolean)[] = [
  ...signers.map(({ issuer }) => issuer),
  ...[`${client}@${realm}`, example.issuer, example.application, s2sAudience, oauthAudience, example.audience],
  ...[
    fuzzNow,
    fuzzNow + 600,
    fuzzNow - 600,
    fuzzNow + 86_400,
    String(fuzzNow + 600),
    String(fuzzNow - 600),
    true,
    'true',
  ],
  ...['reporting', 's-1-5-21-1-2-3-1107', 'dana@fabrikam.example', 'urn:office:idp:activedirectory'],
]

/** Signs a payload as it is. */
export function signFixed(header: string, payload: string, key: FixedKey): string {
  const signingInput = `${encode(header)}.${encode(payload)}`
  return `${signingInput}.${key.sign(signingInput).toString('base64url')}`
}

/** The unsigned form. */
export function wrapFixed(header: string, payload: string): string {
  return `${encode(header)}.${encode(payload)}.`
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function signedBy(index: number, claims: object): string {
  const signer = signers[index]
  if (signer === undefined) throw new Error('nobody signs')
  const { header, issuer, key } = signer
  return signFixed(JSON.stringify({ ...header, alg: key.algorithm }), JSON.stringify({ iss: issuer, ...claims }), key)
}

function makeTokens(): FuzzTokens {
  const times = { iat: fuzzNow - 10, exp: fuzzNow + 600 }
  const access = {
    aud: oauthAudience,
    sub: 'reporting',
    client_id: 'reporting',
    scope: 'reports.read',
    jti: '1',
    ...times,
  }
  const texts = { nbf: String(fuzzNow - 600), exp: String(fuzzNow + 3000) }
  const actor = { aud: s2sAudience, nameid: `${client}@${realm}`, ...texts }
  const outer = { aud: s2sAudience, iss: `${client}@${realm}`, nii: 'urn:office:idp:activedirectory', ...texts }
  const none = JSON.stringify({ typ: 'JWT', alg: 'none' })
  const delegated = signedBy(4, { ...actor, trustedfordelegation: 'true' })
  const wrapped = (claims: object, actortoken: string): string =>
    wrapFixed(none, JSON.stringify({ ...outer, ...claims, actortoken }))
  const good = [
    signedBy(0, access),
    signedBy(0, { ...access, roles: ['admin.all'] }),
    signedBy(1, { ...access, sub: 'dana', azp: 'portal', aud: [oauthAudience, 'other'] }),
    signedBy(2, { ...access, scope: 'reports.read admin.all' }),
    signedBy(3, { ...access, exp: fuzzNow + 0.5, nbf: fuzzNow }),
    signedBy(4, actor),
    delegated,
    wrapped({ nameid: 's-1-5-21-1-2-3-1107', upn: 'dana@fabrikam.example' }, delegated),
    wrapped({ smtp: 'dana@fabrikam.example', exp: fuzzNow + 30 }, delegated),
    signedBy(5, { ...actor, nameid: loner, exp: fuzzNow + 60 }),
    example.appOnly,
    example.userAndApp,
  ]
  const bad = [
    signedBy(6, access),
    signedBy(0, { ...access, exp: fuzzNow - 120 }),
    wrapped({ upn: 'dana@fabrikam.example' }, signedBy(4, actor)),
    wrapped(
      { upn: 'dana@fabrikam.example', iss: loner },
      signedBy(5, { ...actor, nameid: loner, trustedfordelegation: true }),
    ),
    wrapped({ upn: 'dana@fabrikam.example' }, signedBy(0, access)),
    wrapFixed(none, JSON.stringify({ ...outer, ver: 'hashedprooftoken', nameid: 'dana' })),
    genuine.actorToken,
    wrapFixed(none, JSON.stringify({ ...genuine.outerClaims, actortoken: genuine.actorToken })),
    'a.b.c',
    '..',
  ]
  return { good, all: [...good, ...bad] }
}

const granted = { permissions: ['reports.read'], appOnly: true }

const options: VerifierOptions = {
  self,
  audience: oauthAudience,
  clock: () => fuzzNow,
  fetch: () => Promise.resolve(Response.json(remoteKeys)),
  trustedIssuers: [
    { type: 'static', name: 'login', issuer: login, jwks: loginKeys as never, algorithms: ['EdDSA', 'ES256'] },
    { type: 'static', name: 'id', issuer: id, jwks: idKeys as never, permissionCeiling: ['reports.read'] },
    { type: 'openid', name: 'remote', issuer: remote, jwksUri: `${remote}/jwks`, algorithms: ['EdDSA'] },
    {
      ...{ type: 's2s-certificate', name: 'farm', registeredIssuerName: `${broker}@${realm}`, algorithms: ['EdDSA'] },
      certificates: certificates.farm.derBase64,
      isTrustBroker: true,
      allowDelegation: { applications: [client] },
    },
    {
      ...{ type: 's2s-certificate', name: 'loner', registeredIssuerName: loner, algorithms: ['EdDSA'] },
      certificates: certificates.loner.derBase64,
    },
    {
      ...{ type: 's2s-certificate', name: 'example', registeredIssuerName: example.issuer, isTrustBroker: true },
      certificates: example.certificate,
      allowDelegation: { applications: [example.application.split('@')[0] ?? ''] },
    },
  ],
  grants: [
    { issuer: 'farm', application: client, ...granted },
    { issuer: 'farm', application: client, permissions: ['admin.all'] },
  ],
  userRights: () => ['reports.read', 'reports.write'],
}

async function makeStrictWorld(): Promise<StrictWorld> {
  const pem = `-----BEGIN CERTIFICATE-----\n${example.certificate}\n-----END CERTIFICATE-----`
  const oauth = (name: string, issuer: string, known: readonly { kid: string; key: FixedKey }[]) => ({
    ...{ protocol: 'oauth' as const, name, issuer, audience: oauthAudience },
    keys: known.map(({ kid, key }) => ({ kid, algorithms: [key.algorithm], key: { ...key.jwk, alg: key.algorithm } })),
  })
  const s2s = (name: string, issuer: string, keys: StrictWorld['issuers'][number]['keys']) => ({
    ...{ protocol: 's2s' as const, name, issuer, audience: s2sAudience, keys },
  })
  const certified = (key: FixedKey, x5t: string) => [{ x5t, algorithms: ['EdDSA'], key: { ...key.jwk, alg: 'EdDSA' } }]
  const exampleKeys = [{ x5t: example.x5t, algorithms: ['RS256'], key: await importX509(pem, 'RS256') }]
  return {
    now: fuzzNow,
    issuers: [
      oauth('login', login, [
        { kid: 'ed-1', key: keys.login },
        { kid: 'es-1', key: keys.loginOther },
      ]),
      { ...oauth('id', id, [{ kid: 'es-1', key: keys.id }]), ceiling: ['reports.read'] },
      oauth('remote', remote, [{ kid: 'ed-1', key: keys.remote }]),
      {
        ...s2s('farm', `${broker}@${realm}`, certified(keys.farm, certificates.farm.x5t)),
        isBroker: true,
        delegates: [client],
        granted: { [client]: { asItself: ['reports.read'], forUsers: ['reports.read', 'admin.all'] } },
      },
      s2s('loner', loner, certified(keys.loner, certificates.loner.x5t)),
      {
        ...s2s('example', example.issuer, exampleKeys),
        isBroker: true,
        delegates: [example.application.split('@')[0] ?? ''],
      },
    ],
  }
}

/** Makes the world. */
export async function makeFuzzWorld(): Promise<FuzzWorld> {
  return { options, strict: await makeStrictWorld(), tokens: makeTokens() }
}
