import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { compact, forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const key = oauth.keyPair('RS256').privateKey
const refused = { status: 401, code: 'ERR_S2S_TOKEN_TYPE' } as const

function oauthToken(typ: unknown): string {
  const header = { alg: 'RS256', kid: 'RS256-0', typ }
  return forgedJwt({ header, claims, algorithm: 'RS256', key })
}

const farmClaims = readClaims(await farm.appOnlyToken())
const actorClaims = readClaims(await farm.actorToken())

function farmToken(typ: unknown, fields: object = farmClaims): string {
  const header = { alg: 'RS256', x5t: farm.certificate.x5t, typ }
  return forgedJwt({ header, claims: fields, algorithm: 'RS256', key: farm.certificate.privateKey })
}

function outerToken(typ: unknown): string {
  return compact(
    { alg: 'none', typ },
    { ...farmClaims, iss: farm.applicationName, ...dana, actortoken: farmToken('JWT', actorClaims) },
  )
}

describeAttack('row 25: a token of another type', app, await forgedCases('token-type', await asTestIssuer(oauth)))
describeAttack(
  'row 25: a token of another type, of a farm',
  app,
  await forgedCases('token-type', await asS2STestIssuer(farm)),
)

describeAccepted('a token of the right type', app, [
  ...['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined].map((typ) => ({
    name: `row 25: ${String(typ)}`,
    token: oauthToken(typ),
  })),
  ...['JWT', undefined].map((typ) => ({ name: `row 25: ${String(typ)}, of a farm`, token: farmToken(typ) })),
  { name: 'row 25: JWT around an actor token', token: outerToken('JWT') },
])

const { trustedIssuers } = options
const strict = trustedIssuers.map((issuer) => (issuer.type === 'static' ? { ...issuer, strict: true } : issuer))

describeAttack(
  'a token of another type where RFC 9068 is taken to the letter',
  { ...app, s2s: { ...options, trustedIssuers: strict } },
  [
    ...['JWT', undefined].map((typ): AttackCase => ({
      name: `row 25: ${String(typ)}`,
      token: oauthToken(typ),
      ...refused,
    })),
  ],
)
