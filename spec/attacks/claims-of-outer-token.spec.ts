import assert from 'node:assert/strict'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { takeApart } from '../support/token-parts.ts'
import { dana, makeWorld, self } from '../support/world.ts'

const world = await makeWorld()
const { farm, options } = world
const { forgeActor, forgeOuter } = await takeApart(farm)
const resources = {
  'GET /reports/:id': 'reports.read',
  'GET /admin': 'admin.all',
  'POST /reports/:id': 'reports.write',
} as const
const s2s = { ...options, userRights: () => ['reports.read', 'reports.write', 'admin.all'] }

const wishes: readonly [name: string, claims: Readonly<Record<string, unknown>>][] = [
  ['scope', { scope: 'admin.all reports.write' }],
  ['scp', { scp: ['admin.all'] }],
  ['roles', { roles: ['admin.all', 'reports.write'] }],
  ['permissions', { permissions: ['admin.all'] }],
  ['groups and wids', { groups: ['admin.all'], wids: ['62e90394-69f5-4237-9190-012177145e10'] }],
  ['appOnly and isadmin', { appOnly: true, isadmin: true, isuser: false }],
  ['realm_access', { realm_access: { roles: ['admin.all'] } }],
  ['another name for the application', { client_id: 'admin', azp: 'admin', appid: 'admin', sub: 'admin' }],
  ['appctx', { appctx: '{"permissions":["admin.all"]}', appctxsender: 'admin' }],
]

const refused = { status: 403, code: 'ERR_S2S_GRANT_MISSING' } as const

describeAttack('permissions that a token gives to itself', { s2s, resources }, [
  ...wishes.flatMap(([name, claims]): AttackCase[] => [
    { name: `row 59: ${name} in the outer token`, path: '/admin', token: forgeOuter({ claims }), ...refused },
    {
      name: `row 59: ${name} in both tokens`,
      path: '/admin',
      token: forgeOuter({ claims: { ...claims, actortoken: forgeActor({ claims }) } }),
      ...refused,
    },
    { name: `row 59: ${name} in an app-only token`, path: '/admin', token: forgeActor({ claims }), ...refused },
    { name: `row 59: ${name}, to write`, method: 'POST', token: forgeOuter({ claims }), ...refused },
  ]),
  { name: 'row 59: no wish at all', path: '/admin', token: forgeOuter(), ...refused },
])

const nobody = { nameid: undefined, nii: undefined, upn: undefined, smtp: undefined, sip: undefined }
const invalidUsers = await forgedCases('unnamed-user', await asS2STestIssuer(farm))

describeAttack('row 62: an outer token that names no user', { s2s, resources }, invalidUsers)

describeAccepted('an outer token that names a user', { s2s, resources }, [
  ...(['upn', 'smtp', 'sip'] as const).map((claim) => ({
    name: `row 62: by ${claim} alone, as real clients do`,
    token: forgeOuter({ claims: { ...nobody, nii: dana.nii, [claim]: dana.upn } }),
    check: ({ user }: { readonly user?: object }): void => {
      assert.deepEqual(user, { issuer: 'farm', realm: self.realm, nii: dana.nii, [claim]: dana.upn })
    },
  })),
  {
    name: 'a nameid of a claims-encoded login',
    token: forgeOuter({ claims: { ...nobody, nameid: '0#.w|fabrikam\\dana', nii: 'microsoft.sharepoint' } }),
  },
  {
    name: 'a SID, which is no identity unless acceptSecurityIdentifiers says so',
    token: forgeOuter(),
    check: ({ user }) => {
      assert.deepEqual(user, { issuer: 'farm', realm: self.realm, id: dana.nameid, nii: dana.nii, upn: dana.upn })
    },
  },
  {
    name: 'claims that mean nothing here',
    token: forgeOuter({ claims: { isloopback: true, appctx: '{}', appctxsender: 'x@y', iat: 1798763400, scope: 'x' } }),
    check: ({ permissions }) => {
      assert.deepEqual(permissions, ['reports.read'])
    },
  },
])
