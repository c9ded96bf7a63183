import type { ErrorCode } from '../../foundation/error-codes.ts'
import { compact } from '../forge-token.ts'
import { dana } from '../s2s-test-issuer.ts'
import type { AttackFamily, AttackRow, Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const unsignedToken = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const invalid = 'ERR_S2S_CLAIM_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const otherNames = [
  ...['ActorToken', 'actorToken', 'ACTORTOKEN', 'actor_token', 'actor-token', ' actortoken', 'actortoken '],
  ...['actort', 'act', 'actor', 'assertion'],
]

/** In other dialects these name who acts: beside `actortoken` nobody could say which one counts. */
function besideRows({ actorToken, issuer, forgeActor, forgeOuter, wrap }: S2SSetup): AttackRow[] {
  const actors: Oddities = {
    'an actor token': actorToken,
    'a name': issuer.applicationName,
    'an object': { sub: issuer.applicationName },
    null: null,
    empty: '',
  }
  return ['ActorToken', 'actort', 'act', 'actor'].flatMap((name) =>
    Object.entries(actors).flatMap(([title, value]): AttackRow[] => {
      const claims = { [name]: value }
      return [
        [`${name} (${title}) beside actortoken`, forgeOuter({ claims }), invalid],
        [`${name} (${title}) in a signed token`, forgeActor({ claims }), invalid],
        [`${name} (${title}) in an actor token`, wrap(forgeActor({ claims })), invalid],
      ]
    }),
  )
}

/** A user token of ACS. */
const acsUser = (application: string): Record<string, unknown> => ({
  nameid: dana['nameid'],
  actor: application,
  identityprovider: dana['nii'],
  trustedfordelegation: undefined,
})

function elsewhereRows({ actorToken, actorClaims, outerClaims, issuer, forgeOuter, unsigned }: S2SSetup): AttackRow[] {
  const header = { typ: 'JWT', alg: 'none', actortoken: actorToken }
  return [
    ['an unsigned ACS user token', unsigned({ ...actorClaims, ...acsUser(issuer.applicationName) }), unsignedToken],
    [
      'actortoken in the header',
      compact(header, { ...outerClaims, actortoken: undefined }),
      'ERR_S2S_HEADER_NOT_ALLOWED',
    ],
    [
      'actortoken in the header and in the claims',
      forgeOuter({ header: { actortoken: actorToken } }),
      'ERR_S2S_HEADER_NOT_ALLOWED',
    ],
  ]
}

/** Payloads that JSON.stringify does not write. */
function duplicateRows({ actorToken, outerClaims, issuer, forgeActor, unsigned }: S2SSetup): AttackRow[] {
  const quoted = JSON.stringify(actorToken)
  const rest = JSON.stringify({ ...outerClaims, actortoken: undefined }).slice(1)
  const [, realm = ''] = issuer.applicationName.split('@')
  const other = JSON.stringify(forgeActor({ claims: { nameid: `other@${realm}` } }))
  const payloads: readonly (readonly [string, string, ErrorCode])[] = [
    ['twice the same', `{"actortoken":${quoted},"actortoken":${quoted},${rest}`, malformed],
    ['twice, first another', `{"actortoken":${other},"actortoken":${quoted},${rest}`, malformed],
    ['twice, second another', `{"actortoken":${quoted},"actortoken":${other},${rest}`, malformed],
    ['twice, once escaped', `{"actortoken":${quoted},"\\u0061ctortoken":${other},${rest}`, malformed],
    ['iss twice', `{"actortoken":${quoted},"iss":"x@y",${rest}`, malformed],
    ['nameid twice', `{"actortoken":${quoted},"nameid":"s-1-5-18",${rest}`, malformed],
    ['by way of __proto__', `{"__proto__":{"actortoken":${quoted}},${rest}`, malformed],
    ['by way of an escaped __proto__', `{"\\u005f_proto__":{"actortoken":${quoted}},${rest}`, malformed],
    ['beside __proto__', `{"actortoken":${quoted},"__proto__":{},${rest}`, malformed],
    ['by way of constructor', `{"constructor":{"prototype":{"actortoken":${quoted}}},${rest}`, unsignedToken],
  ]
  return payloads.map(([title, payload, code]) => [`actortoken ${title}`, unsigned(payload), code])
}

function signedDuplicateRows({ actorClaims, forgeAppText, wrap }: S2SSetup): AttackRow[] {
  const rest = JSON.stringify(actorClaims).slice(1)
  const payloads: Readonly<Record<string, string>> = {
    'trustedfordelegation twice': `{"trustedfordelegation":"false",${rest}`,
    'nameid twice': `{"nameid":"x@y",${rest}`,
    'iss twice': `{"iss":"x@y",${rest}`,
    'exp twice': `{"exp":"1",${rest}`,
    '__proto__ with trustedfordelegation': `{"__proto__":{"trustedfordelegation":"true"},${rest}`,
  }
  return Object.entries(payloads).map(([title, payload]) => [
    `actor token with ${title}`,
    wrap(forgeAppText(payload)),
    malformed,
  ])
}

/** A stand-in for the actor token. */
export const actorTokenStandIns: AttackFamily<S2SSetup> = {
  family: 'actor-token-stand-ins',
  reason: 'who acts is read from another claim, from the header, or from one of two claims of the same name',
  rows: (setup) => [
    ...otherNames.map((name): AttackRow => [
      `${JSON.stringify(name)} in place of actortoken`,
      setup.unsigned({ ...setup.outerClaims, actortoken: undefined, [name]: setup.actorToken }),
      unsignedToken,
    ]),
    ...besideRows(setup),
    ...elsewhereRows(setup),
    ...duplicateRows(setup),
    ...signedDuplicateRows(setup),
  ],
}
