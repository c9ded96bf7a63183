import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { assertRefused, describeAttack, type AttackCase } from '../support/attack.ts'
import type { Claims } from '../support/farm.ts'
import { startGuardedApp } from '../support/guarded-app.ts'
import { takeApart } from '../support/token-parts.ts'
import { readClaims, signedJwt } from '../support/tokens.ts'
import { dana, makeWorld, self } from '../support/world.ts'

const { farm, otherFarm, oauth, otherOAuth, options } = await makeWorld()
const parts = await takeApart(farm)

const resources = {
  'GET /reports/:id': 'reports.read',
  'PUT /reports/:id': 'reports.write',
  'GET /admin/users': 'admin.all',
  'GET /proto': '__proto__',
} as const
const app = { s2s: options, resources } as const

const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const
const missingGrant = { status: 403, code: 'ERR_S2S_GRANT_MISSING' } as const
const missingRight = { status: 403, code: 'ERR_S2S_USER_RIGHT_MISSING' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

async function beyondCeiling(claims: Claims): Promise<AttackCase> {
  const token = await otherOAuth.token({ claims })
  return { name: `row 101: ${JSON.stringify(claims)}`, path: '/admin/users', token, ...missingScope }
}

describeAttack('an issuer that gives more than its ceiling', app, [
  await beyondCeiling({ scope: 'admin.all' }),
  await beyondCeiling({ scope: 'reports.read admin.all' }),
  await beyondCeiling({ scp: ['admin.all'] }),
  await beyondCeiling({ roles: ['admin.all'] }),
  await beyondCeiling({ permissions: ['admin.all'] }),
  await beyondCeiling({ scope: 'admin.all', permissionCeiling: ['admin.all'] }),
  await beyondCeiling({ scope: 'admin.all', client_id: 'reporting@login', azp: 'reporting' }),
  {
    name: 'row 101: another scope than reports.read, by PUT',
    method: 'PUT',
    token: await otherOAuth.token({ claims: { scope: 'reports.read reports.write' } }),
    ...missingScope,
  },
])

/** Everything a token could say of permissions. */
const saysEverything: Claims = {
  scope: 'reports.read reports.write admin.all',
  scp: ['reports.read', 'reports.write', 'admin.all'],
  roles: ['reports.read', 'reports.write', 'admin.all'],
  permissions: ['reports.read', 'reports.write', 'admin.all'],
  grants: [{ issuer: 'farm', application: '*', permissions: ['admin.all'], appOnly: true }],
  appOnly: true,
}

const appOnlyToken = await farm.appOnlyToken(saysEverything)
const generous = parts.forgeOuter({
  claims: { ...saysEverything, actortoken: parts.forgeActor({ claims: saysEverything }) },
})

describeAttack('an S2S token that says what it may do', app, [
  { name: 'row 102: an application alone', path: '/admin/users', token: appOnlyToken, ...missingGrant },
  { name: 'row 102: an application alone, by PUT', method: 'PUT', token: appOnlyToken, ...missingGrant },
  { name: 'row 102: in outer and inner token', path: '/admin/users', token: generous, ...missingGrant },
  {
    name: 'row 102: in outer and inner token, by PUT, where the user may',
    method: 'PUT',
    token: generous,
    ...missingGrant,
  },
  {
    name: 'row 102: a client without a grant',
    token: await otherFarm.appOnlyToken(saysEverything),
    ...missingGrant,
  },
])

describeAttack(
  'a user without the right',
  { resources, s2s: { ...options, userRights: () => ['reports.write', 'reports.reader', 'Reports.read'] } },
  [{ name: 'row 102: a delegated call', token: await farm.userToken({ ...dana, ...saysEverything }), ...missingRight }],
)

const prototypeNames = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']

const protoMembers = [
  '"__proto__":{"scope":"admin.all"}',
  '"\\u005f_proto__":{"scope":"admin.all"}',
  '"__proto__":null',
  '"__proto__":["admin.all"]',
  '"x":{"__proto__":{"scope":"admin.all"}}',
  '"x":[{"__proto__":{"polluted":true}}]',
]

describeAttack('claims and clients with the names of a prototype', app, [
  ...(await Promise.all(
    protoMembers.map(async (member) => ({
      name: `row 103: ${member}`,
      path: '/admin/users',
      token: await tokenWithMember(member),
      ...malformed,
    })),
  )),
  {
    name: 'row 103: constructor and prototype as claims',
    path: '/admin/users',
    token: await oauth.token({
      claims: { constructor: { prototype: { scope: 'admin.all' } }, prototype: { scope: 'admin.all' } },
    }),
    ...missingScope,
  },
  ...(await Promise.all(
    prototypeNames.flatMap((name) => [
      oauth.token({ claims: { client_id: name, sub: name, scope: name } }).then((token) => ({
        name: `row 103: ${name} as OAuth client and scope`,
        path: '/admin/users',
        token,
        ...missingScope,
      })),
      farm.appOnlyToken({ nameid: `${name}@${self.realm}` }).then((token) => ({
        name: `row 103: ${name} as client of a farm`,
        token,
        ...missingGrant,
      })),
    ]),
  )),
  {
    name: 'row 103: a scope that every object has',
    path: '/proto',
    token: await oauth.token({ claims: { scope: 'reports.read' } }),
    ...missingScope,
  },
])

describe('the prototype of all objects', () => {
  after(() => {
    for (const name of ['scope', 'polluted', 'permissions']) assert.equal(Reflect.get({}, name), undefined)
  })

  it('row 103: is not what a configured claim path reads', async () => {
    const trustedIssuers: S2SOptions['trustedIssuers'] = [
      {
        type: 'static',
        issuer: oauth.issuer,
        jwks: oauth.jwks(),
        permissionClaims: [
          ['constructor', 'name'],
          ['__proto__', 'scope'],
          ['toString', 'name'],
          ['scope', 'length'],
        ],
      },
    ]
    const form = 'protect'
    const server = await startGuardedApp({ form, s2s: { ...options, grants: [], trustedIssuers }, resources })
    try {
      const token = await oauth.token({ claims: { scope: 'Object toString' } })
      await assertRefused(server, { name: 'row 103', path: '/admin/users', token, ...missingScope })
      assert.deepEqual(server.events[0]?.outcome, 'accepted')
    } finally {
      await server.close()
    }
  })
})

describeAccepted('what was really given', app, [
  { name: 'a scope below the ceiling', token: await otherOAuth.token({ claims: { scope: 'admin.all reports.read' } }) },
  { name: 'a grant', token: await farm.appOnlyToken() },
  { name: 'a grant and the right of the user', token: await farm.userToken(dana) },
])

/** A genuine token whose claims begin with a member that no object literal can have. */
async function tokenWithMember(member: string): Promise<string> {
  const claims = JSON.stringify(readClaims(await oauth.token({ claims: { scope: 'admin.all' } })))
  return signedJwt({
    header: { typ: 'at+jwt', kid: 'RS256-0' },
    claims: `{${member},${claims.slice(1)}`,
    algorithm: 'RS256',
    key: oauth.keyPair('RS256').privateKey,
  })
}
