import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, encodePart, signText } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { dana, makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, options } = world
const { actorHeader, actorClaims, outerClaims, actorToken, forgeActor, forgeOuter } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const unsigned = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const invalid = 'ERR_S2S_CLAIM_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'
const outerHeader = { typ: 'JWT', alg: 'none' }
const withoutActor = { ...outerClaims, actortoken: undefined }

const otherNames = [
  'ActorToken',
  'actorToken',
  'ACTORTOKEN',
  'actor_token',
  'actor-token',
  ' actortoken',
  'actortoken ',
  'actort',
  'act',
  'actor',
  'assertion',
]

/** In place of `actortoken`: an unsigned token that has none. */
const instead: AttackCase[] = otherNames.map((name) => ({
  name: `row 58: ${JSON.stringify(name)} in place of actortoken`,
  token: compact(outerHeader, { ...withoutActor, [name]: actorToken }),
  status: 401,
  code: unsigned,
}))

const actors: readonly [name: string, value: unknown][] = [
  ['an actor token', actorToken],
  ['a name', farm.applicationName],
  ['an object', { sub: farm.applicationName }],
  ['null', null],
  ['empty', ''],
]

const beside: AttackCase[] = ['ActorToken', 'actort', 'act', 'actor'].flatMap((name) =>
  actors.flatMap(([title, value]) => [
    {
      name: `row 58: ${name} (${title}) beside actortoken`,
      token: forgeOuter({ claims: { [name]: value } }),
      status: 401,
      code: invalid,
    },
    {
      name: `row 58: ${name} (${title}) in a signed token`,
      token: forgeActor({ claims: { [name]: value } }),
      status: 401,
      code: invalid,
    },
    {
      name: `row 58: ${name} (${title}) in an actor token`,
      token: forgeOuter({ claims: { actortoken: forgeActor({ claims: { [name]: value } }) } }),
      status: 401,
      code: invalid,
    },
  ]),
)

const acsUser = {
  nameid: dana.nameid,
  actor: farm.applicationName,
  identityprovider: 'urn:office:idp:activedirectory',
  trustedfordelegation: undefined,
}

const elsewhere: AttackCase[] = [
  {
    name: 'row 58: an ACS user token of an issuer without acceptsUserTokens',
    token: forgeActor({ claims: acsUser }),
    status: 401,
    code: invalid,
  },
  {
    name: 'row 58: an unsigned ACS user token',
    token: compact(outerHeader, { ...actorClaims, ...acsUser }),
    status: 401,
    code: unsigned,
  },
  {
    name: 'row 58: actortoken in the header',
    token: compact({ ...outerHeader, actortoken: actorToken }, withoutActor),
    status: 401,
    code: 'ERR_S2S_HEADER_NOT_ALLOWED',
  },
  {
    name: 'row 58: actortoken in the header and in the claims',
    token: forgeOuter({ header: { actortoken: actorToken } }),
    status: 401,
    code: 'ERR_S2S_HEADER_NOT_ALLOWED',
  },
]

/** Texts that JSON.stringify does not write. */
const quoted = JSON.stringify(actorToken)
const rest = JSON.stringify(withoutActor).slice(1)
const other = JSON.stringify(forgeActor({ claims: { nameid: `other@${farm.applicationName.split('@')[1] ?? ''}` } }))
const texts: readonly [name: string, payload: string, code: AttackCase['code']][] = [
  ['twice the same', `{"actortoken":${quoted},"actortoken":${quoted},${rest}`, malformed],
  ['twice, first another', `{"actortoken":${other},"actortoken":${quoted},${rest}`, malformed],
  ['twice, second another', `{"actortoken":${quoted},"actortoken":${other},${rest}`, malformed],
  ['twice, once escaped', `{"actortoken":${quoted},"\\u0061ctortoken":${other},${rest}`, malformed],
  ['iss twice', `{"actortoken":${quoted},"iss":"x@y",${rest}`, malformed],
  ['nameid twice', `{"actortoken":${quoted},"nameid":"s-1-5-18",${rest}`, malformed],
  ['by way of __proto__', `{"__proto__":{"actortoken":${quoted}},${rest}`, malformed],
  ['by way of an escaped __proto__', `{"\\u005f_proto__":{"actortoken":${quoted}},${rest}`, malformed],
  ['beside __proto__', `{"actortoken":${quoted},"__proto__":{},${rest}`, malformed],
  ['by way of constructor', `{"constructor":{"prototype":{"actortoken":${quoted}}},${rest}`, unsigned],
]

const duplicates: AttackCase[] = texts.map(([name, payload, code]) => ({
  name: `row 58: actortoken ${name}`,
  token: compact(outerHeader, payload),
  status: 401,
  code,
}))

function signedText(payload: string): string {
  const input = `${encodePart(actorHeader)}.${encodePart(payload)}`
  return `${input}.${signText(input, 'RS256', farm.certificate.privateKey).toString('base64url')}`
}
const actorRest = JSON.stringify(actorClaims).slice(1)
const signedDuplicates: AttackCase[] = [
  ['trustedfordelegation twice', `{"trustedfordelegation":"false",${actorRest}`],
  ['nameid twice', `{"nameid":"x@y",${actorRest}`],
  ['iss twice', `{"iss":"x@y",${actorRest}`],
  ['exp twice', `{"exp":"1",${actorRest}`],
  ['__proto__ with trustedfordelegation', `{"__proto__":{"trustedfordelegation":"true"},${actorRest}`],
].map(([name = '', payload = '']) => ({
  name: `row 58: actor token with ${name}`,
  token: forgeOuter({ claims: { actortoken: signedText(payload) } }),
  status: 401,
  code: malformed,
}))

describeAttack('a stand-in for the actor token', { s2s: options, resources }, [
  ...instead,
  ...beside,
  ...elsewhere,
  ...duplicates,
  ...signedDuplicates,
])

const accepting = options.trustedIssuers.map((issuer) =>
  issuer.name === 'farm' ? { ...issuer, acceptsUserTokens: true } : issuer,
) as typeof options.trustedIssuers

describeAttack(
  'a user token of an ACS that is believed',
  { s2s: { ...options, trustedIssuers: accepting }, resources },
  [
    {
      name: 'row 58: unsigned',
      token: compact(outerHeader, { ...actorClaims, ...acsUser }),
      status: 401,
      code: unsigned,
    },
    {
      name: 'row 58: with actortoken too',
      token: forgeActor({ claims: { ...acsUser, actortoken: actorToken } }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: with act too',
      token: forgeActor({ claims: { ...acsUser, act: { sub: 'x' } } }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: wrapped in an outer token',
      token: forgeOuter({
        claims: { actortoken: forgeActor({ claims: { ...acsUser, trustedfordelegation: 'true' } }) },
      }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: actor of another realm',
      token: forgeActor({ claims: { ...acsUser, actor: world.otherFarm.applicationName } }),
      status: 401,
      code: 'ERR_S2S_REALM_MISMATCH',
    },
    {
      name: 'row 58: actor an object',
      token: forgeActor({ claims: { ...acsUser, actor: { sub: farm.applicationName } } }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: no identityprovider',
      token: forgeActor({ claims: { ...acsUser, identityprovider: undefined } }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: no nameid',
      token: forgeActor({ claims: { ...acsUser, nameid: undefined } }),
      status: 401,
      code: invalid,
    },
    {
      name: 'row 58: an application that may not act for users',
      token: forgeActor({ claims: { ...acsUser, actor: farm.issuerName } }),
      status: 403,
      code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
    },
  ],
)

describeAccepted(
  'a user token of an ACS that is believed',
  { s2s: { ...options, trustedIssuers: accepting }, resources },
  [{ name: 'a signed token with actor', token: forgeActor({ claims: acsUser }) }],
)
