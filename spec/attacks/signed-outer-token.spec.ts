import { makeCertificate } from '../support/certificates.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, forgedJwt } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, otherFarm } = world
const { actorToken, outerClaims, forgeOuter } = await takeApart(farm)
const other = await takeApart(otherFarm)
const attacker = await makeCertificate({ commonName: 'Attacker' })
const resources = { 'GET /reports/:id': 'reports.read' } as const
const [, , actorSignature = ''] = actorToken.split('.')
const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'

const outerSigned = (header: object, claims: object, key = attacker.privateKey): string =>
  forgedJwt({ header: { typ: 'JWT', ...header }, claims, algorithm: 'RS256', key })

const signatures: readonly [name: string, signature: string, code: AttackCase['code']][] = [
  ['AAA', 'AAA', 'ERR_S2S_SIGNATURE_INVALID'],
  ['of the actor token', actorSignature, 'ERR_S2S_SIGNATURE_INVALID'],
  ['one byte', 'AA', 'ERR_S2S_SIGNATURE_INVALID'],
  ['=', '=', 'ERR_S2S_TOKEN_MALFORMED'],
  ['not base64url', '~', 'ERR_S2S_TOKEN_MALFORMED'],
  ['followed by a fourth segment', '.', 'ERR_S2S_TOKEN_MALFORMED'],
]

const spellings = ['None', 'NONE', 'nOnE', 'none ', ' none', 'none\0', '', 'null', '__proto__', 'n\u043ene']

const cases: AttackCase[] = [
  ...signatures.map(([name, signature, code]) => ({
    name: `row 53: alg none with signature ${name}`,
    token: forgeOuter({ signature }),
    status: 401,
    code,
  })),
  ...[...spellings, undefined, null, 0, false, ['none'], { alg: 'none' }].map((alg) => ({
    name: `row 53: alg ${alg === undefined ? 'missing' : JSON.stringify(alg)}`,
    token: forgeOuter({ header: { alg } }),
    status: 401,
    code: notAllowed,
  })),
  ...['HS256', 'HS384', 'HS512', 'dir', 'RSA-OAEP'].map((alg) => ({
    name: `row 53: alg ${alg}, empty signature`,
    token: forgeOuter({ header: { alg } }),
    status: 401,
    code: notAllowed,
  })),
  {
    name: 'row 53: HS256 with an empty key',
    token: forgedJwt({ header: { typ: 'JWT', alg: 'HS256' }, claims: outerClaims, algorithm: 'HS256', key: '' }),
    status: 401,
    code: notAllowed,
  },
]

/** A signed token is judged as an actor token that comes on its own; an actor token inside makes it nothing better. */
const signed: AttackCase[] = [
  {
    name: 'row 53: RS256 by an attacker, iss the application of a broker',
    token: outerSigned({ alg: 'RS256', x5t: attacker.x5t }, outerClaims),
    status: 401,
    code: 'ERR_S2S_ISSUER_UNTRUSTED',
  },
  {
    name: 'row 53: RS256 by an attacker, iss the broker',
    token: outerSigned({ alg: 'RS256', x5t: farm.certificate.x5t }, { ...outerClaims, iss: farm.issuerName }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 53: RS256 by an attacker, iss a self-issuer',
    token: outerSigned({ alg: 'RS256', x5t: otherFarm.certificate.x5t }, other.outerClaims),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 53: RS256 by the self-issuer itself, around its own actor token',
    token: outerSigned(
      { alg: 'RS256', x5t: otherFarm.certificate.x5t },
      other.outerClaims,
      otherFarm.certificate.privateKey,
    ),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 53: RS256 with an empty signature, iss the application of a broker',
    token: compact({ typ: 'JWT', alg: 'RS256', x5t: farm.certificate.x5t }, outerClaims),
    status: 401,
    code: 'ERR_S2S_ISSUER_UNTRUSTED',
  },
  {
    name: 'row 53: RS256 with an empty signature, iss a self-issuer',
    token: compact({ typ: 'JWT', alg: 'RS256', x5t: otherFarm.certificate.x5t }, other.outerClaims),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 53: alg none and the header of the actor token',
    token: compact({ typ: 'JWT', alg: 'none', x5t: farm.certificate.x5t }, { ...outerClaims, actortoken: undefined }),
    status: 401,
    code: notAllowed,
  },
]

const headers: readonly [name: string, header: object][] = [
  ['crit unknown', { crit: ['exp'] }],
  ['crit empty', { crit: [] }],
  ['crit a text', { crit: 'exp' }],
  ['crit null', { crit: null }],
  ['b64 false', { b64: false, crit: ['b64'] }],
  ['b64 without crit', { b64: false }],
  ['zip', { zip: 'DEF' }],
  ['cty', { cty: 'JWT' }],
  ['jwk', { jwk: attacker.publicKey.export({ format: 'jwk' }) }],
  ['jku', { jku: 'https://127.0.0.1:1/jwks' }],
  ['x5u', { x5u: 'https://127.0.0.1:1/cert' }],
  ['x5c', { x5c: [attacker.derBase64] }],
]

const refusedHeaders: AttackCase[] = headers.map(([name, header]) => ({
  name: `row 53: ${name} in the outer header`,
  token: forgeOuter({ header: { ...header } }),
  status: 401,
  code: 'ERR_S2S_HEADER_NOT_ALLOWED',
}))

const types: AttackCase[] = ['at+jwt', 'logout+jwt', 'dpop+jwt', 'JWS', ''].map((typ) => ({
  name: `row 53: typ ${JSON.stringify(typ)} in the outer header`,
  token: forgeOuter({ header: { typ } }),
  status: 401,
  code: 'ERR_S2S_TOKEN_TYPE',
}))

describeAttack('an outer token that is not plainly unsigned', { s2s: world.options, resources }, [
  ...cases,
  ...signed,
  ...refusedHeaders,
  ...types,
])
