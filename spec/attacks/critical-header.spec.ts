import { describeAttack, type AttackCase } from '../support/attack.ts'
import { forgedJwt, readClaims, signText } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())
const key = oauth.keyPair('RS256').privateKey
const refused = { status: 401, code: 'ERR_S2S_HEADER_NOT_ALLOWED' } as const

/** Signed by the trusted issuer: a reader that does not look at these would accept every one. */
const headers: Readonly<Record<string, object>> = {
  'crit with an unknown name': { crit: ['http://example.com/unknown'], 'http://example.com/unknown': true },
  'crit with two unknown names': { crit: ['a', 'b'], a: 1, b: 2 },
  'crit empty': { crit: [] },
  'crit as a text': { crit: 'exp' },
  'crit as an empty text': { crit: '' },
  'crit null': { crit: null },
  'crit true': { crit: true },
  'crit as a number': { crit: 0 },
  'crit as an object': { crit: { exp: true } },
  'crit with a standard name': { crit: ['alg'] },
  'crit with typ and kid': { crit: ['typ', 'kid'] },
  'crit with an absent parameter': { crit: ['exp'] },
  'crit with itself': { crit: ['crit'] },
  'crit with a name twice': { crit: ['a', 'a'], a: 1 },
  'crit with __proto__': { crit: ['__proto__'] },
  'crit with constructor': { crit: ['constructor'] },
  'crit with the empty name': { crit: [''] },
  'crit with a number': { crit: [1] },
  'crit with null': { crit: [null] },
  'crit with a list': { crit: [['b64']] },
  'b64 false': { b64: false, crit: ['b64'] },
  'b64 false without crit': { b64: false },
  'b64 true': { b64: true, crit: ['b64'] },
  'b64 null': { b64: null },
  'zip DEF': { zip: 'DEF' },
  'zip none': { zip: 'none' },
  'enc beside a signature': { enc: 'A256GCM' },
  'actortoken in the header': { actortoken: 'a.b.c' },
}

describeAttack('a header parameter that changes what a token means', app, [
  ...Object.entries(headers).flatMap(([name, header]): AttackCase[] => [
    {
      name: `row 21: ${name}`,
      token: forgedJwt({ header: { alg: 'RS256', kid: 'RS256-0', ...header }, claims, algorithm: 'RS256', key }),
      ...refused,
    },
    {
      name: `row 21: ${name}, of a farm`,
      token: forgedJwt({
        header: { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t, ...header },
        claims: farmClaims,
        algorithm: 'RS256',
        key: farm.certificate.privateKey,
      }),
      ...refused,
    },
  ]),
  ...(await Promise.all(
    ['crit', 'b64', 'cty'].map(async (name): Promise<AttackCase> => {
      const actorToken = forgedJwt({
        header: { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t, [name]: ['x'] },
        claims: readClaims(await farm.actorToken()),
        algorithm: 'RS256',
        key: farm.certificate.privateKey,
      })
      return {
        name: `row 21: ${name} in the actor token`,
        token: await farm.userToken({ ...dana }, actorToken),
        ...refused,
      }
    }),
  )),
])

/** RFC 7797: header in base64url, the payload as it is. */
function unencoded(payload: string, header: object): string {
  const head = Buffer.from(JSON.stringify(header)).toString('base64url')
  return `${head}.${payload}.${signText(`${head}.${payload}`, 'RS256', key).toString('base64url')}`
}

const b64Header = { alg: 'RS256', kid: 'RS256-0', b64: false, crit: ['b64'] }

describeAttack('a payload that is not encoded', app, [
  { name: 'row 21: a word as payload', token: unencoded('admin', b64Header), ...refused },
  {
    name: 'row 21: an encoded payload all the same',
    token: unencoded(Buffer.from(JSON.stringify(claims)).toString('base64url'), b64Header),
    ...refused,
  },
  {
    name: 'row 21: a word as payload, b64 not told',
    token: unencoded('admin', { alg: 'RS256' }),
    status: 401,
    code: 'ERR_S2S_TOKEN_MALFORMED',
  },
])
