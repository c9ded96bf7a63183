import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { assertRefused, describeAttack, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { compact, flipSignatureBit } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld, s2sAudience, self } from '../support/world.ts'

/** A third farm vouches for an application with the id of the granted one, in a realm of its own. */
const world = await makeWorld()
const { farm, otherFarm, options } = world
const { actorHeader, actorClaims, forgeActor, forgeOuter, wrap } = await takeApart(farm)
const other = await takeApart(otherFarm)
const client = farm.applicationName.slice(0, farm.applicationName.indexOf('@'))
const twin = await makeFarm({
  realm: '9e3f6d10-0b0e-4c63-9a3e-5f1d5b7f4a11',
  clientId: client,
  issuerId: client,
  audience: s2sAudience,
  clock: () => NOW,
})
const s2s: typeof options = {
  ...options,
  trustedIssuers: [
    ...(options.trustedIssuers.map((issuer) =>
      issuer.name === 'farm'
        ? { ...issuer, allowDelegation: { applications: [client, '__proto__', 'stranger'] } }
        : issuer,
    ) as typeof options.trustedIssuers),
    {
      type: 's2s-certificate',
      name: 'twin',
      registeredIssuerName: twin.issuerName,
      certificates: twin.certificate.certificatePem,
      allowDelegation: { applications: [client] },
    },
  ],
}
const resources = { 'GET /reports/:id': 'reports.read', 'GET /any': 'authenticated' } as const
const [head = '', body = '', signature = ''] = forgeActor().split('.')

const badTokens: AttackCase[] = [
  ['the key of another farm', forgeActor({ key: otherFarm.certificate.privateKey }), 'ERR_S2S_SIGNATURE_INVALID'],
  [
    'key and x5t of another farm',
    forgeActor({ header: { x5t: otherFarm.certificate.x5t }, key: otherFarm.certificate.privateKey }),
    'ERR_S2S_KEY_UNKNOWN',
  ],
  ['alg none', compact({ ...actorHeader, alg: 'none' }, actorClaims), 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
  [
    'alg none and the genuine signature',
    compact({ ...actorHeader, alg: 'none' }, actorClaims, signature),
    'ERR_S2S_SIGNATURE_INVALID',
  ],
  ['alg None', compact({ ...actorHeader, alg: 'None' }, actorClaims), 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
  ['its signature stripped', `${head}.${body}.`, 'ERR_S2S_SIGNATURE_INVALID'],
  ['one bit of its signature flipped', flipSignatureBit(forgeActor()), 'ERR_S2S_SIGNATURE_INVALID'],
  [
    'the claims of another token',
    `${head}.${forgeActor({ claims: { iat: NOW } }).split('.')[1] ?? ''}.${signature}`,
    'ERR_S2S_SIGNATURE_INVALID',
  ],
  ['an expired window', forgeActor({ claims: { nbf: NOW - 7200, exp: NOW - 3600 } }), 'ERR_S2S_TOKEN_EXPIRED'],
  ['an issuer nobody knows', forgeActor({ claims: { iss: `stranger@${self.realm}` } }), 'ERR_S2S_ISSUER_UNTRUSTED'],
  [
    'our own name as issuer',
    forgeActor({ claims: { iss: `${self.clientId}@${self.realm}` } }),
    'ERR_S2S_ISSUER_UNTRUSTED',
  ],
].map(([name = '', token = '', code]) => ({ name: `row 60: ${name}`, token, status: 401, code }))

const named = (id: string): string => `${id}@${self.realm}`
const strangers = [
  'stranger',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  client.toUpperCase(),
]

const withoutGrant: AttackCase[] = [
  ...strangers.map((id) => ({
    name: `row 61: app-only, nameid ${id}`,
    token: forgeActor({ claims: { nameid: named(id) } }),
    status: 403,
    code: 'ERR_S2S_GRANT_MISSING',
  })),
  ...['stranger', '__proto__'].map((id) => ({
    name: `row 61: for a user, nameid ${id}`,
    token: forgeOuter({ claims: { iss: named(id), actortoken: forgeActor({ claims: { nameid: named(id) } }) } }),
    status: 403,
    code: 'ERR_S2S_GRANT_MISSING',
  })),
  ...['constructor', 'toString'].map((id) => ({
    name: `row 61: for a user, nameid ${id}, which may not act for users`,
    token: forgeOuter({ claims: { iss: named(id), actortoken: forgeActor({ claims: { nameid: named(id) } }) } }),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  })),
  { name: 'row 61: app-only, another farm', token: other.forgeActor(), status: 403, code: 'ERR_S2S_GRANT_MISSING' },
  {
    name: 'row 61: app-only, the granted id in another realm',
    token: await twin.appOnlyToken(),
    status: 403,
    code: 'ERR_S2S_GRANT_MISSING',
  },
  {
    name: 'row 61: for a user, the granted id in another realm',
    token: await twin.userToken({ upn: 'dana@fabrikam.example' }),
    status: 403,
    code: 'ERR_S2S_GRANT_MISSING',
  },
]

const withoutRealm: AttackCase[] = ['__proto__', 'constructor', client].flatMap((nameid) => [
  {
    name: `row 61: app-only, nameid ${nameid} without realm`,
    token: forgeActor({ claims: { nameid } }),
    status: 401,
    code: 'ERR_S2S_REALM_MISMATCH',
  },
  {
    name: `row 61: for a user, nameid ${nameid} without realm`,
    token: forgeOuter({ claims: { iss: nameid, actortoken: forgeActor({ claims: { nameid } }) } }),
    status: 401,
    code: 'ERR_S2S_REALM_MISMATCH',
  },
])

describeAttack('an app-only token that is not genuine, or not granted anything', { s2s, resources }, [
  ...badTokens,
  ...withoutGrant,
  ...withoutRealm,
])

describeAccepted('an app-only token', { s2s, resources }, [
  {
    name: 'of the granted application, which does not become a user',
    token: forgeActor({ claims: { upn: 'dana@fabrikam.example', nii: 'x', smtp: 'dana@fabrikam.example' } }),
    check: ({ kind, user }) => {
      assert.equal(kind, 'app')
      assert.equal(user, undefined)
    },
  },
  {
    name: 'with trustedfordelegation, as node-sp-auth sends it',
    token: forgeActor({ claims: { trustedfordelegation: true } }),
  },
  {
    name: 'of an application named __proto__, where any caller may',
    path: '/any',
    token: forgeActor({ claims: { nameid: named('__proto__') } }),
  },
  { name: 'and the pair around it', token: wrap(forgeActor()) },
])

for (const form of forms) {
  describe(`a grant for users only (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      const grants = [{ issuer: 'farm', application: client, permissions: ['reports.read'] }]
      app = await startGuardedApp({ form, s2s: { ...s2s, grants }, resources })
    })
    after(() => app.close())

    it('does not serve the application on its own', async () => {
      await assertRefused(app, {
        name: 'row 61',
        token: forgeActor(),
        status: 403,
        code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED',
      })
      assert.equal(Object.hasOwn(Object.prototype, 'reports.read'), false)
    })
  })
}
