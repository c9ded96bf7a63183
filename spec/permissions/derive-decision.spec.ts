import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionDerivation } from '../../lib/audit/audit-event.ts'
import { decide, type DecidableRequirement, type DecisionInput } from '../../lib/permissions/decide.ts'
import { deriveDecision } from '../../lib/permissions/derive-decision.ts'
import { effectivePermissions, type EffectivePermissions } from '../../lib/permissions/effective-permissions.ts'
import { createMemoryGrants, type Grant } from '../../lib/permissions/grants.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { parseRequirement } from '../../lib/permissions/requirement.ts'
import { createPermissionSet } from '../../lib/permissions/scope.ts'

type Kind = DecisionInput['kind']

/** What an application of the issuer `farm` holds by these grants. */
function byGrants(kind: Kind, grants: readonly Omit<Grant, 'issuer'>[], ceiling?: string[]): EffectivePermissions {
  return effectivePermissions(
    {
      protocol: 's2s',
      kind,
      kindIsCertain: true,
      application: { id: 'app', realm: 'realm' },
      issuerNames: ['farm'],
      claims: {},
      ...(ceiling === undefined ? {} : { permissionCeiling: ceiling }),
    },
    createMemoryGrants(grants.map((grant) => ({ issuer: 'farm', ...grant }))),
  )
}

function derive(requirement: ResourceRequirement, input: Omit<DecisionInput, 'requirement'>): DecisionDerivation {
  const parsed = parseRequirement(requirement, 'requirement') as DecidableRequirement
  return decide({ requirement: parsed, ...input }).derive()
}

describe('the derivation of a decision by grants', () => {
  const right = { scope: 'lists', right: 'Write' } as const
  const inSite = { scope: 'lists', right: 'Manage', container: '/sites/a' } as const
  const grants = [
    { application: 'app', permissions: ['lists:Read', 'other:Write', inSite] },
    { application: 'app@realm', permissions: ['lists:FullControl'], appOnly: true },
  ] as const

  it('names the grants, what counts first, with container and app-only switch', () => {
    assert.deepEqual(
      derive(right, {
        kind: 'user+app',
        effective: byGrants('user+app', grants),
        userRights: createPermissionSet(['lists:Read']),
        container: '/sites/a/lists/b',
      }),
      {
        kind: 'user+app',
        source: 'grants',
        needs: 'all',
        container: 'named',
        permissions: [
          {
            required: 'lists:Write',
            application: 'held',
            given: [
              {
                permission: 'lists:Manage',
                container: '/sites/a',
                grant: { issuer: 'farm', application: 'app', appOnly: false },
                verdict: 'counts',
              },
              {
                permission: 'lists:FullControl',
                grant: { issuer: 'farm', application: 'app@realm', appOnly: true },
                verdict: 'counts',
              },
              {
                permission: 'lists:Read',
                grant: { issuer: 'farm', application: 'app', appOnly: false },
                verdict: 'right-too-low',
              },
            ],
            user: 'not-held',
          },
        ],
        conclusion: 'ERR_S2S_USER_RIGHT_MISSING',
      },
    )
  })

  it('says why each grant does not count', () => {
    const effective = byGrants(
      'app',
      [
        { application: 'app', permissions: ['lists:Write', inSite] },
        { application: 'app', permissions: [{ ...inSite, right: 'Read' }, 'lists:FullControl'], appOnly: true },
      ],
      ['lists:Write', 'lists:Manage', 'lists:Read'],
    )
    const { container, permissions, conclusion } = derive(right, { kind: 'app', effective })
    assert.equal(container, 'none')
    assert.equal(permissions[0]?.application, 'app-only-off')
    assert.deepEqual(
      permissions[0].given.map(({ permission, verdict }) => [permission, verdict]),
      [
        ['lists:Write', 'app-only-off'],
        ['lists:Manage', 'outside-container'],
        ['lists:Read', 'right-too-low'],
        ['lists:FullControl', 'beyond-ceiling'],
      ],
    )
    assert.equal(conclusion, 'ERR_S2S_APP_ONLY_NOT_ALLOWED')
  })

  it('takes a right within a container for no scope name', () => {
    const effective = byGrants('app', [{ application: 'app', permissions: [inSite, 'lists:Write'], appOnly: true }])
    const [permission] = derive('lists:Manage', { kind: 'app', effective }).permissions
    assert.equal(permission?.application, 'not-held')
    assert.deepEqual(
      permission.given.map(({ permission: name, verdict }) => [name, verdict]),
      [['lists:Manage', 'outside-container']],
    )
  })

  it('tells what the ceiling of the issuer cuts', () => {
    const effective = byGrants('user+app', [{ application: 'app', permissions: ['a', 'b'] }], ['b'])
    const { permissions, needs, conclusion } = derive({ anyOf: ['a', 'b', 'c'] }, { kind: 'user+app', effective })
    assert.deepEqual(
      permissions.map(({ required, application, user }) => [required, application, user]),
      [
        ['a', 'beyond-ceiling', 'not-asked'],
        ['b', 'held', 'not-asked'],
        ['c', 'not-held', 'not-asked'],
      ],
    )
    assert.deepEqual([needs, conclusion], ['any', 'allowed'])
  })

  it('lists twenty entries and counts the rest', () => {
    const site = (number: number): Omit<Grant, 'issuer'> => ({
      application: 'app',
      permissions: [{ scope: 'lists', right: 'Write', container: `/sites/${number}` }],
    })
    const effective = byGrants(
      'user+app',
      Array.from({ length: 25 }, (_, index) => site(index)),
    )
    const [permission] = derive(right, { kind: 'user+app', effective, container: '/sites/24' }).permissions
    assert.equal(permission?.given.length, 20)
    assert.equal(permission.given[0]?.container, '/sites/24')
    assert.equal(permission.more, 5)
  })

  it('counts no rest of twenty entries', () => {
    const permissions = Array.from({ length: 20 }, (_, index) => `/sites/${index}`).map(
      (container) => ({ scope: 'lists', right: 'Write', container }) as const,
    )
    const effective = byGrants('user+app', [{ application: 'app', permissions }])
    const [permission] = derive(right, { kind: 'user+app', effective, container: '/sites/1' }).permissions
    assert.equal(permission?.given.length, 20)
    assert.ok(!('more' in permission))
  })

  it('takes a right everywhere for the scope name that it is as well', () => {
    const effective = byGrants('app', [{ application: 'app', permissions: ['lists:Manage'], appOnly: true }])
    const [permission] = derive('lists:Manage', { kind: 'app', effective }).permissions
    assert.deepEqual(
      permission?.given.map(({ permission: name, verdict }) => [name, verdict]),
      [['lists:Manage', 'counts']],
    )
  })
})

describe('the derivation of a decision by a token', () => {
  it('says of a role in the token of a user that it stands in a claim that does not count', () => {
    const effective = effectivePermissions(
      {
        protocol: 'oauth',
        kind: 'user+app',
        kindIsCertain: true,
        application: { id: 'app' },
        issuerNames: ['login'],
        claims: { roles: ['a'], scope: 'b' },
      },
      createMemoryGrants(),
    )
    const { source, permissions } = derive(['a', 'b'], {
      kind: 'user+app',
      effective,
      userRights: 'checked-by-handler',
    })
    assert.equal(source, 'token')
    assert.deepEqual(permissions, [
      {
        required: 'a',
        application: 'not-held',
        given: [{ permission: 'a', verdict: 'not-counted' }],
        user: 'checked-by-handler',
      },
      {
        required: 'b',
        application: 'held',
        given: [{ permission: 'b', verdict: 'counts' }],
        user: 'checked-by-handler',
      },
    ])
  })

  it('needs the name that is required of this kind of caller', () => {
    const effective = { source: 'token', permissions: createPermissionSet(['role']) } as const
    const [permission] = derive({ scope: 'scope', appRole: 'role' }, { kind: 'app', effective }).permissions
    assert.deepEqual(permission, { required: 'role', application: 'held', given: [], user: 'not-asked' })
  })

  it('needs nothing where no permission is required', () => {
    const effective = { source: 'token', permissions: createPermissionSet([]) } as const
    const requirement = parseRequirement('authenticated', 'requirement') as DecidableRequirement
    assert.deepEqual(deriveDecision({ requirement, kind: 'app', effective }, [], 'allowed'), {
      kind: 'app',
      source: 'token',
      needs: 'nothing',
      permissions: [],
      conclusion: 'allowed',
    })
  })

  it('survives JSON: it is plain data', () => {
    const effective = byGrants('app', [{ application: 'app', permissions: ['a'] }])
    const derivation = derive('a', { kind: 'app', effective })
    assert.deepEqual(JSON.parse(JSON.stringify(derivation)), derivation)
  })
})
