import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld, oauthAudience } from '../support/world.ts'

const { farm, otherFarm, oauth, otherOAuth, options } = await makeWorld()
const scope = { scope: 'reports.read' }

/** A discovered issuer; every issuer here names its first key `RS256-0`. */
async function startProvider(): Promise<{ server: LocalServer; issuer: OAuthIssuer }> {
  const server = await startHttpsServer((request, response) => {
    serveDocuments({ '/.well-known/openid-configuration': issuer.metadata(), '/jwks': issuer.jwks() })(
      request,
      response,
    )
  })
  after(() => server.close())
  const algorithms = ['RS256', 'ES256'] as const
  const issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock: fixedClock, algorithms })
  return { server, issuer }
}

const first = await startProvider()
const second = await startProvider()
const app = {
  s2s: {
    ...options,
    ca: [first.server.ca, second.server.ca],
    trustedIssuers: [
      ...options.trustedIssuers,
      { type: 'openid', name: 'first', issuer: first.issuer.issuer },
      { type: 'openid', name: 'second', issuer: second.issuer.issuer },
    ],
  },
  resources: { 'GET /reports/:id': 'reports.read' },
} as const

const invalid = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const
const unknown = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' } as const

const issuers: Readonly<Record<string, OAuthIssuer>> = {
  'static A': oauth,
  'static B': otherOAuth,
  'discovered A': first.issuer,
  'discovered B': second.issuer,
}

describeAccepted(
  'a token of each issuer',
  app,
  await Promise.all(
    Object.entries(issuers).map(async ([name, issuer]) => ({ name, token: await issuer.token({ claims: scope }) })),
  ),
)

/** Every pair of trusted issuers: the name of one, the key of the other, the kid of both. */
const swapped = Object.entries(issuers).flatMap(([name, issuer]) =>
  Object.entries(issuers)
    .filter(([other]) => other !== name)
    .flatMap(([other, signer]) =>
      (['RS256', 'ES256'] as const).map((algorithm) => ({ name, issuer, other, signer, algorithm })),
    ),
)

describeAttack(
  'the key of another trusted issuer under the same kid',
  app,
  await Promise.all(
    swapped.map(async ({ name, issuer, other, signer, algorithm }): Promise<AttackCase> => {
      const claims = readClaims(await issuer.token({ claims: scope }))
      const header = { alg: algorithm, kid: `${algorithm}-0`, typ: 'at+jwt' }
      const token = forgedJwt({ header, claims, algorithm, key: signer.keyPair(algorithm).privateKey })
      return { name: `row 38: ${name}, signed by ${other} with ${algorithm}`, token, ...invalid }
    }),
  ),
)

const farmClaims = readClaims(await farm.appOnlyToken())
const otherFarmClaims = readClaims(await otherFarm.appOnlyToken())

function farmToken(claims: object, header: object, key = farm.certificate.privateKey): string {
  return forgedJwt({ header: { alg: 'RS256', typ: 'JWT', ...header }, claims, algorithm: 'RS256', key })
}

const key = farm.certificate.privateKey
const otherKey = otherFarm.certificate.privateKey
const { x5t, x5tS256 } = farm.certificate
const { x5t: otherX5t } = otherFarm.certificate
const actorClaims = { ...farmClaims, trustedfordelegation: 'true' }
const oauthClaims = readClaims(await oauth.token({ claims: scope }))

describeAttack("the key of another trusted farm, or of the other protocol's issuer", app, [
  {
    name: 'row 38: a farm, by another farm under its own x5t',
    token: farmToken(farmClaims, { x5t: otherX5t }, otherKey),
    ...unknown,
  },
  {
    name: 'row 38: a farm, by another farm under the x5t of the farm',
    token: farmToken(farmClaims, { x5t }, otherKey),
    ...invalid,
  },
  {
    name: 'row 38: a farm, by another farm under x5t#S256 of the farm',
    token: farmToken(farmClaims, { 'x5t#S256': x5tS256 }, otherKey),
    ...invalid,
  },
  {
    name: 'row 38: the other farm, by the farm under its own x5t',
    token: farmToken(otherFarmClaims, { x5t }, key),
    ...unknown,
  },
  {
    name: 'row 38: the other farm, by the farm under the x5t of the other',
    token: farmToken(otherFarmClaims, { x5t: otherX5t }, key),
    ...invalid,
  },
  {
    name: 'row 38: a farm, by an OAuth issuer under its kid',
    token: farmToken(farmClaims, { kid: 'RS256-0' }, oauth.keyPair('RS256').privateKey),
    ...unknown,
  },
  {
    name: 'row 38: a farm, by an OAuth issuer under the x5t of the farm',
    token: farmToken(farmClaims, { x5t, kid: 'RS256-0' }, oauth.keyPair('RS256').privateKey),
    ...invalid,
  },
  {
    name: 'row 38: an OAuth issuer, by a farm under its x5t',
    token: farmToken(oauthClaims, { x5t, kid: x5t }, key),
    ...unknown,
  },
  {
    name: 'row 38: an OAuth issuer, by a farm under a known kid',
    token: farmToken(oauthClaims, { x5t, kid: 'RS256-0' }, key),
    ...invalid,
  },
  {
    name: 'row 38: an actor token, by another farm under its own x5t',
    token: await farm.userToken({ ...dana }, farmToken(actorClaims, { x5t: otherX5t }, otherKey)),
    ...unknown,
  },
  {
    name: 'row 38: an actor token, by another farm under the x5t of the farm',
    token: await farm.userToken({ ...dana }, farmToken(actorClaims, { x5t }, otherKey)),
    ...invalid,
  },
])

it('row 38: each discovered issuer was asked for its own documents only', () => {
  for (const { server } of [first, second]) {
    assert.deepEqual([...new Set(server.requests)], ['GET /.well-known/openid-configuration', 'GET /jwks'])
  }
})
