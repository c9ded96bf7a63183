import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())
const kid = 'RS256-0'
const x5t = farm.certificate.x5t
const signature = 'c2lnbmF0dXJlLXRoYXQtbm9ib2R5LW1hZGU'
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

const notAllowed = { status: 401, code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED' } as const
const badSignature = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const

/** Everything that some library once took for `none`, but for `none` itself. */
const spellings: Readonly<Record<string, string>> = {
  None: 'None',
  NONE: 'NONE',
  nOnE: 'nOnE',
  noNe: 'noNe',
  'none after a space': ' none',
  'none before a space': 'none ',
  'none before a tab': 'none\t',
  'none before a line break': 'none\n',
  'none after a zero byte': '\0none',
  'none before a zero byte': 'none\0',
  'none with a Cyrillic o': 'n\u043ene',
  'none with a full-width n': '\uff4eone',
  'none with a zero-width space': 'no\u200bne',
  'none with a combining mark': 'none\u0301',
  'none in quotes': '"none"',
  'none in a list': 'none,RS256',
  'RS256 and none': 'RS256 none',
  null: 'null',
  false: 'false',
  undefined: 'undefined',
}

describeAttack(
  'an OAuth token without a signature',
  app,
  Object.entries({ none: 'none', ...spellings }).flatMap(([name, alg]): AttackCase[] => {
    const isNone = alg === 'none'
    return [
      { name: `row 11: alg ${name}, no signature`, token: compact({ alg, kid }, claims), ...notAllowed },
      {
        name: `row 11: alg ${name}, some signature`,
        token: compact({ alg, kid }, claims, signature),
        ...(isNone ? badSignature : notAllowed),
      },
      {
        name: `row 11: alg ${name}, a signature of the issuer's own key`,
        token: forgedJwt({
          header: { alg, kid },
          claims,
          algorithm: 'RS256',
          key: oauth.keyPair('RS256').privateKey,
        }),
        ...(isNone ? badSignature : notAllowed),
      },
    ]
  }),
)

describeAttack(
  'an S2S token without a signature',
  app,
  Object.entries({ none: 'none', ...spellings }).flatMap(([name, alg]): AttackCase[] => [
    { name: `row 11: app-only, alg ${name}`, token: compact({ typ: 'JWT', alg, x5t }, farmClaims), ...notAllowed },
    {
      name: `row 11: a user named, alg ${name}`,
      token: compact({ typ: 'JWT', alg, x5t }, { ...farmClaims, iss: farm.applicationName, ...dana }),
      ...notAllowed,
    },
  ]),
)

describeAttack('a token whose unsigned header is written otherwise', app, [
  { name: 'row 11: n\\u006fne, escaped in the JSON', token: compact('{"alg":"n\\u006fne"}', claims), ...notAllowed },
  {
    name: 'row 11: none in front of RS256',
    token: compact('{"alg":"none","alg":"RS256"}', claims),
    status: 401,
    code: 'ERR_S2S_TOKEN_MALFORMED',
  },
  {
    name: 'row 11: none behind RS256',
    token: compact('{"alg":"RS256","alg":"none"}', claims),
    status: 401,
    code: 'ERR_S2S_TOKEN_MALFORMED',
  },
  { name: 'row 11: RS256 without a signature', token: compact({ alg: 'RS256', kid }, claims), ...badSignature },
  {
    name: 'row 11: ES256 without a signature',
    token: compact({ alg: 'ES256', kid: 'ES256-0' }, claims),
    ...badSignature,
  },
  {
    name: 'row 11: RS256 of a farm without a signature',
    token: compact({ alg: 'RS256', typ: 'JWT', x5t }, farmClaims),
    ...badSignature,
  },
])
