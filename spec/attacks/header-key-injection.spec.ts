import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { serveDocuments, startHttpServer, startHttpsServer } from '../support/https-server.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'
import { fixedClock } from '../support/clock.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())

/** The attacker's certificate, and a server of his that gives out its key wherever it is asked. */
const attacker = await makeCertificate({ commonName: 'Attacker' })
const publicJwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid: 'RS256-0', alg: 'RS256', use: 'sig' }
const documents = serveDocuments({ '/jwks': { keys: [publicJwk] }, '/key.pem': attacker.certificatePem })
const canary = await startHttpsServer(documents)
const plainCanary = await startHttpServer(documents)
after(() => Promise.all([canary.close(), plainCanary.close()]))

const refused = { status: 401, code: 'ERR_S2S_HEADER_NOT_ALLOWED' } as const
const unknown = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' } as const
const invalid = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

function byAttacker(header: object): string {
  return forgedJwt({ header: { alg: 'RS256', ...header }, claims, algorithm: 'RS256', key: attacker.privateKey })
}

function farmByAttacker(header: object): string {
  const fields = { alg: 'RS256', typ: 'JWT', ...header }
  return forgedJwt({ header: fields, claims: farmClaims, algorithm: 'RS256', key: attacker.privateKey })
}

const userinfo = canary.url.replace('https://', 'https://login.example.com@')
const chain = [attacker.derBase64]

/** Header parameters that bring a key, or say where one lies. */
const keyParameters: Readonly<Record<string, object>> = {
  jwk: { jwk: publicJwk },
  'jwk of HMAC': { jwk: { kty: 'oct', k: 'c2VjcmV0' } },
  'jwk null': { jwk: null },
  'jku over https': { jku: `${canary.url}/jwks` },
  'jku over http': { jku: `${plainCanary.url}/jwks` },
  'jku with the name of the issuer as userinfo': { jku: `${userinfo}/jwks` },
  'jku with a fragment': { jku: `${canary.url}/jwks#https://login.example.com` },
  'jku as a list': { jku: [`${canary.url}/jwks`] },
  'jku of a file': { jku: 'file:///etc/passwd' },
  'jku of the metadata service': { jku: 'http://169.254.169.254/latest/meta-data/' },
  'jku as data': { jku: `data:application/json,${JSON.stringify({ keys: [publicJwk] })}` },
  x5u: { x5u: `${canary.url}/key.pem` },
  'x5u over http': { x5u: `${plainCanary.url}/key.pem` },
  x5c: { x5c: chain },
  'x5c as a text': { x5c: attacker.derBase64 },
  'x5c empty': { x5c: [] },
  'jwk, jku, x5u and x5c together': {
    jwk: publicJwk,
    jku: `${canary.url}/jwks`,
    x5u: `${canary.url}/key.pem`,
    x5c: chain,
  },
}

describeAttack('a key that the token brings itself', app, [
  ...Object.entries(keyParameters).flatMap(([name, header]): AttackCase[] => [
    { name: `row 22: ${name}, known kid`, token: byAttacker({ ...header, kid: 'RS256-0' }), ...refused },
    { name: `row 22: ${name}, no kid`, token: byAttacker(header), ...refused },
    { name: `row 22: ${name}, of a farm`, token: farmByAttacker({ ...header, x5t: farm.certificate.x5t }), ...refused },
  ]),
  { name: 'row 22: x5t of the attacker', token: byAttacker({ x5t: attacker.x5t }), ...invalid },
  {
    name: 'row 22: x5t of the attacker, known kid',
    token: byAttacker({ x5t: attacker.x5t, kid: 'RS256-0' }),
    ...invalid,
  },
  { name: 'row 22: x5t of the attacker, of a farm', token: farmByAttacker({ x5t: attacker.x5t }), ...unknown },
  {
    name: 'row 22: x5t#S256 of the attacker, of a farm',
    token: farmByAttacker({ 'x5t#S256': attacker.x5tS256 }),
    ...unknown,
  },
  {
    name: 'row 22: x5t of the farm beside x5t#S256 of the attacker',
    token: farmByAttacker({ x5t: farm.certificate.x5t, 'x5t#S256': attacker.x5tS256 }),
    ...unknown,
  },
  {
    name: 'row 22: x5t of the attacker beside x5t#S256 of the farm',
    token: farmByAttacker({ x5t: attacker.x5t, 'x5t#S256': farm.certificate.x5tS256 }),
    ...unknown,
  },
  { name: 'row 22: the kid is an address', token: byAttacker({ kid: `${canary.url}/jwks` }), ...unknown },
  { name: 'row 22: the kid is a plain address', token: byAttacker({ kid: `${plainCanary.url}/jwks` }), ...unknown },
  { name: 'row 22: the kid is a file', token: byAttacker({ kid: '/dev/null' }), ...unknown },
  { name: 'row 22: the kid is a JWK', token: byAttacker({ kid: publicJwk }), ...malformed },
  {
    name: 'row 22: the kid is the text of a JWK',
    token: byAttacker({ kid: JSON.stringify({ kty: 'oct' }) }),
    ...unknown,
  },
  { name: 'row 22: the kid is a PEM', token: byAttacker({ kid: '-----BEGIN PUBLIC KEY-----' }), ...unknown },
])

/** A discovered issuer on a server of its own: it may be asked, the attacker's may not. */
const discovered = await startHttpsServer((request, response) => {
  serveDocuments({ '/.well-known/openid-configuration': live.metadata(), '/jwks': live.jwks() })(request, response)
})
after(() => discovered.close())
const live = makeOAuthIssuer({ issuer: discovered.url, audience: oauthAudience, clock: fixedClock })
const liveClaims = readClaims(await live.token({ claims: { scope: 'reports.read' } }))
const liveOptions = {
  audience: oauthAudience,
  clock: fixedClock,
  ca: discovered.ca,
  trustedIssuers: [{ type: 'openid', issuer: discovered.url }],
} as const

function liveByAttacker(header: object): string {
  const fields = { alg: 'RS256', ...header }
  return forgedJwt({ header: fields, claims: liveClaims, algorithm: 'RS256', key: attacker.privateKey })
}

describeAttack('a key that the token of a discovered issuer brings', { ...app, s2s: liveOptions }, [
  ...Object.entries(keyParameters).map(([name, header]): AttackCase => ({
    name: `row 22: ${name}`,
    token: liveByAttacker({ ...header, kid: 'mine' }),
    ...refused,
  })),
  { name: 'row 22: the kid is an address', token: liveByAttacker({ kid: `${canary.url}/jwks` }), ...unknown },
  { name: 'row 22: the kid leads to another path', token: liveByAttacker({ kid: '../../attacker/jwks' }), ...unknown },
])

describeAttack('a trusted signature over a header that brings a key', app, [
  ...(await Promise.all(
    Object.entries(keyParameters).map(async ([name, header]): Promise<AttackCase> => {
      const token = await oauth.token({ claims: { scope: 'reports.read' }, header: { ...header } })
      return { name: `row 23: ${name}`, token, ...refused }
    }),
  )),
])

it('rows 22 and 23: nothing was fetched from the attacker, and of the issuer its own documents only', () => {
  assert.deepEqual(canary.requests, [])
  assert.deepEqual(plainCanary.requests, [])
  const known = ['GET /.well-known/openid-configuration', 'GET /jwks']
  assert.deepEqual([...new Set(discovered.requests)], known)
})
