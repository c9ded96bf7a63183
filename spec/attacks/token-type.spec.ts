import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const key = oauth.keyPair('RS256').privateKey
const refused = { status: 401, code: 'ERR_S2S_TOKEN_TYPE' } as const

function oauthToken(typ: unknown, more: object = {}): string {
  const header = { alg: 'RS256', kid: 'RS256-0', typ }
  return forgedJwt({ header, claims: { ...claims, ...more }, algorithm: 'RS256', key })
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

/** Signed by the same trusted issuer for another purpose. */
const otherTypes: Readonly<Record<string, unknown>> = {
  'an ID token': 'id_token+jwt',
  'a logout token': 'logout+jwt',
  'a DPoP proof': 'dpop+jwt',
  'a security event': 'secevent+jwt',
  'a client assertion': 'client-authentication+jwt',
  'an authorization request': 'oauth-authz-req+jwt',
  'an introspection answer': 'token-introspection+jwt',
  'a verifiable credential': 'vc+sd-jwt',
  'a passport of STIR': 'passport',
  'a key binding': 'kb+jwt',
  'an entity statement': 'entity-statement+jwt',
  'a refresh token': 'rt+jwt',
  'an encrypted token': 'JWE',
  'JSON serialisation': 'JOSE+JSON',
  JOSE: 'JOSE',
  'a SAML assertion': 'SAML',
  'the empty text': '',
  'a space behind': 'JWT ',
  'a zero byte behind': 'at+jwt\0',
  'a parameter behind': 'at+jwt; charset=utf-8',
  'a list in a text': 'JWT,logout+jwt',
  'a wildcard': '*',
  'application alone': 'application/',
  __proto__: '__proto__',
  'a number': 1,
  null: null,
  true: true,
  'a list': ['at+jwt'],
  'an object': { typ: 'at+jwt' },
  '2,000 characters': 'x'.repeat(2_000),
}

describeAttack('a token of another type', app, [
  ...Object.entries(otherTypes).flatMap(([name, typ]): AttackCase[] => [
    { name: `row 25: ${name}`, token: oauthToken(typ), ...refused },
    { name: `row 25: ${name}, of a farm`, token: farmToken(typ), ...refused },
    { name: `row 25: ${name}, around an actor token`, token: outerToken(typ), ...refused },
  ]),
  ...(await Promise.all(
    ['logout+jwt', 'at+jwt', 1].map(async (typ): Promise<AttackCase> => {
      const token = await farm.userToken({ ...dana }, farmToken(typ, actorClaims))
      return { name: `row 25: ${String(typ)} as actor token`, token, ...refused }
    }),
  )),
  { name: 'row 25: an access token of OAuth from a farm', token: farmToken('at+jwt'), ...refused },
  { name: 'row 25: an ID token with at_hash', token: oauthToken('JWT', { at_hash: 'x' }), ...refused },
  { name: 'row 25: an ID token with c_hash', token: oauthToken('JWT', { c_hash: 'x' }), ...refused },
  { name: 'row 25: a logout token without its type', token: oauthToken('JWT', { events: {} }), ...refused },
  { name: 'row 25: at_hash null', token: oauthToken('JWT', { at_hash: null }), ...refused },
])

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
