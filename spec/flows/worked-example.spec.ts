import assert from 'node:assert/strict'
import type { S2SOptions } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { signText, compact, encodePart, flipSignatureBit, readClaims } from '../support/tokens.ts'
import { readWorkedExample } from '../support/vectors.ts'

/**
 * The worked example of our protocol notes and its negative variants. Its key was thrown away: a variant of the actor
 * token has no fitting signature, so its code shows that the named check comes first and does not rest on the signature.
 */
const example = readWorkedExample()
const { appOnly, userAndApp, now, realm } = example
const actorToken = readClaims(userAndApp)['actortoken'] as string
const [actorHead = '', , actorSignature = ''] = actorToken.split('.')
const actorClaims = readClaims(actorToken)
const outerClaims = readClaims(userAndApp)
const another = await makeCertificate({ commonName: 'Another issuer' })
const anotherIssuer = `d0b1c2a3-1111-4a6b-8c7d-9e8f7a6b5c4d@${realm}`
const resources = { 'GET /reports/:id': 'reports.read' } as const
const application = example.application.slice(0, example.application.indexOf('@'))

function options({ clock = now, isTrustBroker = true } = {}): S2SOptions {
  const delegation = { isTrustBroker, allowDelegation: { applications: [application] } }
  return {
    self: { clientId: example.audience.slice(0, example.audience.indexOf('/')), realm, hosts: [example.host] },
    clock: () => clock,
    trustedIssuers: [
      {
        type: 's2s-certificate',
        name: 'broker',
        registeredIssuerName: example.issuer,
        certificates: example.certificate,
        ...delegation,
      },
      {
        type: 's2s-certificate',
        name: 'another',
        registeredIssuerName: anotherIssuer,
        certificates: another.certificatePem,
        ...delegation,
      },
    ],
    grants: [{ issuer: 'broker', application, permissions: ['reports.read'], appOnly: true }],
    userRights: 'checked-by-handler',
  }
}

const outer = (claims: Readonly<Record<string, unknown>>, signature = ''): string =>
  compact({ typ: 'JWT', alg: 'none' }, { ...outerClaims, ...claims }, signature)
const actor = (claims: Readonly<Record<string, unknown>>): string =>
  `${actorHead}.${encodePart({ ...actorClaims, ...claims })}.${actorSignature}`
const withHeader = (header: object): string =>
  `${encodePart({ typ: 'JWT', alg: 'RS256', x5t: example.x5t, ...header })}.${actorToken.split('.').slice(1).join('.')}`
const elsewhere = example.audience.replace(realm, '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2')
const outerText = (payload: string): string => `${userAndApp.split('.')[0] ?? ''}.${encodePart(payload)}.`

/** The actor token with another algorithm, signed by nobody and, where it is HMAC, with the certificate as secret. */
function withAlgorithm(alg: string): string[] {
  const changed = withHeader({ alg })
  const input = changed.slice(0, changed.lastIndexOf('.'))
  const hmac = signText(input, 'HS256', Buffer.from(example.certificate, 'base64')).toString('base64url')
  return [changed, `${input}.`, `${input}.${hmac}`]
}

const variants: readonly [name: string, token: string, code: AttackCase['code']][] = [
  ['signature bit flipped, app-only', flipSignatureBit(appOnly), 'ERR_S2S_SIGNATURE_INVALID'],
  [
    'signature bit flipped in the actor token',
    outer({ actortoken: flipSignatureBit(actorToken) }),
    'ERR_S2S_SIGNATURE_INVALID',
  ],
  ['trailing dot removed from the outer token', userAndApp.slice(0, -1), 'ERR_S2S_TOKEN_MALFORMED'],
  ['a bogus signature with alg none', `${userAndApp}${actorSignature}`, 'ERR_S2S_SIGNATURE_INVALID'],
  ['outer iss in upper case', outer({ iss: example.application.toUpperCase() }), 'ERR_S2S_ACTOR_MISMATCH'],
  ['realm changed in aud of the outer token', outer({ aud: elsewhere }), 'ERR_S2S_AUDIENCE_MISMATCH'],
  [
    'realm changed in aud of the actor token',
    outer({ actortoken: actor({ aud: elsewhere }) }),
    'ERR_S2S_AUDIENCE_MISMATCH',
  ],
  [
    'realm changed in both aud',
    outer({ aud: elsewhere, actortoken: actor({ aud: elsewhere }) }),
    'ERR_S2S_AUDIENCE_MISMATCH',
  ],
  [
    'trustedfordelegation "false"',
    outer({ actortoken: actor({ trustedfordelegation: 'false' }) }),
    'ERR_S2S_DELEGATION_ABSENT',
  ],
  [
    'trustedfordelegation missing',
    outer({ actortoken: actor({ trustedfordelegation: undefined }) }),
    'ERR_S2S_DELEGATION_ABSENT',
  ],
  [
    'trustedfordelegation missing: the genuine app-only token inside',
    outer({ actortoken: appOnly }),
    'ERR_S2S_DELEGATION_ABSENT',
  ],
  ['actor nested twice, unsigned', outer({ actortoken: userAndApp }), 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
  ['actor nested twice, signed', outer({ actortoken: actor({ actortoken: actorToken }) }), 'ERR_S2S_CLAIM_INVALID'],
  ['exp of the outer token before now', outer({ exp: String(now - 61) }), 'ERR_S2S_TOKEN_EXPIRED'],
  [
    'exp of the actor token before now',
    outer({ actortoken: actor({ exp: String(now - 61) }) }),
    'ERR_S2S_TOKEN_EXPIRED',
  ],
  ['x5t of another issuer', outer({ actortoken: withHeader({ x5t: another.x5t }) }), 'ERR_S2S_KEY_UNKNOWN'],
  ['x5t of another issuer, app-only', withHeader({ x5t: another.x5t }), 'ERR_S2S_KEY_UNKNOWN'],
  [
    'duplicate iss',
    outerText(JSON.stringify(outerClaims).replace('{', `{"iss":"${example.application}",`)),
    'ERR_S2S_TOKEN_MALFORMED',
  ],
  ['array aud in the outer token', outer({ aud: [example.audience] }), 'ERR_S2S_CLAIM_INVALID'],
  ['array aud in the actor token', outer({ actortoken: actor({ aud: [example.audience] }) }), 'ERR_S2S_CLAIM_INVALID'],
  ...['none', 'None', 'HS256'].flatMap((alg) =>
    withAlgorithm(alg).flatMap((token, index): [string, string, AttackCase['code']][] => {
      const ofUnsigned = alg === 'none' && !token.endsWith('.')
      return [
        [`actor alg ${alg} (${index})`, outer({ actortoken: token }), 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
        [
          `app-only alg ${alg} (${index})`,
          token,
          ofUnsigned ? 'ERR_S2S_SIGNATURE_INVALID' : 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
        ],
      ]
    }),
  ),
]

describeAccepted('the worked example', { s2s: options(), resources }, [
  {
    name: 'app-only',
    token: appOnly,
    check: ({ kind, application: caller }) => {
      assert.equal(kind, 'app')
      assert.deepEqual(caller, { id: application, realm })
    },
  },
  {
    name: 'user and app',
    token: userAndApp,
    check: ({ kind, user }) => {
      assert.equal(kind, 'user+app')
      assert.equal(user?.upn, 'dana@fabrikam.example')
      assert.equal(user.id, outerClaims['nameid'])
    },
  },
  {
    name: 'the host in upper case',
    token: outer({ aud: example.audience.replace(example.host, example.host.toUpperCase()) }),
  },
])

describeAttack(
  'the negative variants of the worked example',
  { s2s: options(), resources },
  variants.map(([name, token, code]) => ({ name, token, status: 401, code })),
)

const late = Number(actorClaims['exp']) + 60
for (const [name, clock, code] of [
  ['an hour later', late, 'ERR_S2S_TOKEN_EXPIRED'],
  ['an hour earlier', Number(actorClaims['nbf']) - 61, 'ERR_S2S_TOKEN_NOT_YET_VALID'],
] as const) {
  describeAttack(`the worked example ${name}`, { s2s: options({ clock }), resources }, [
    { name: 'app-only', token: appOnly, status: 401, code },
    { name: 'user and app', token: userAndApp, status: 401, code },
  ])
}

describeAccepted('the worked example in its last second', { s2s: options({ clock: late - 1 }), resources }, [
  { name: 'app-only', token: appOnly },
  { name: 'user and app', token: userAndApp },
])

describeAttack(
  'the worked example, issuer registered as no broker',
  { s2s: options({ isTrustBroker: false }), resources },
  [
    { name: 'app-only', token: appOnly, status: 401, code: 'ERR_S2S_BROKER_REQUIRED' },
    { name: 'user and app', token: userAndApp, status: 401, code: 'ERR_S2S_BROKER_REQUIRED' },
  ],
)
