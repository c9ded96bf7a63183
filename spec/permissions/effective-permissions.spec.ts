import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { effectivePermissions, type CallerFacts } from '../../lib/permissions/effective-permissions.ts'
import { createMemoryGrants, type Grant } from '../../lib/permissions/grants.ts'

const noGrants = createMemoryGrants()

function oauth(facts: Partial<CallerFacts>): readonly string[] {
  const effective = effectivePermissions(
    {
      protocol: 'oauth',
      kind: 'app',
      kindIsCertain: true,
      application: { id: 'client' },
      issuerNames: ['https://login.example.com'],
      claims: {},
      ...facts,
    },
    noGrants,
  )
  assert.equal(effective.source, 'token')
  assert.equal(effective.withheld, undefined)
  return effective.permissions.names
}

describe('what an OAuth application holds', () => {
  const claims = { scope: 'a', scp: ['b'], roles: ['c'], permissions: ['d'], realm_access: { roles: ['e'] } }
  const permissionClaims = [['realm_access', 'roles']]

  it('is scopes, roles, permissions and configured claims when it certainly acts on its own', () => {
    assert.deepEqual(oauth({ claims, permissionClaims }), ['a', 'b', 'c', 'd', 'e'])
  })

  it('is scopes and configured claims when it acts for a user', () => {
    assert.deepEqual(oauth({ claims, permissionClaims, kind: 'user+app' }), ['a', 'b', 'e'])
  })

  it('is scopes alone when the token does not tell which', () => {
    assert.deepEqual(oauth({ claims, permissionClaims, kind: 'user+app', kindIsCertain: false }), ['a', 'b'])
    assert.deepEqual(oauth({ claims, permissionClaims, kind: 'app', kindIsCertain: false }), ['a', 'b'])
  })

  it('is limited by the ceiling of its issuer', () => {
    assert.deepEqual(oauth({ claims: { scope: 'admin.all reports.read' }, permissionCeiling: ['reports.read'] }), [
      'reports.read',
    ])
    assert.deepEqual(oauth({ claims, permissionClaims, permissionCeiling: [] }), [])
  })

  it('is nothing that has another separator than the space in it', () => {
    assert.deepEqual(oauth({ claims: { scope: 'a\tb c\u00a0d e\nf g' } }), ['g'])
    assert.deepEqual(oauth({ claims: { scp: ['a b', 'c'] } }), ['c'])
  })

  it('is nothing that this server granted: grants are for S2S', () => {
    const grants = createMemoryGrants([{ issuer: 'i', application: 'client', permissions: ['a'], appOnly: true }])
    const { permissions } = effectivePermissions(
      {
        protocol: 'oauth',
        kind: 'app',
        kindIsCertain: true,
        application: { id: 'client' },
        issuerNames: ['i'],
        claims: {},
      },
      grants,
    )
    assert.equal(permissions.isEmpty, true)
  })
})

describe('what an S2S application holds', () => {
  const list: readonly Grant[] = [
    { issuer: 'farm', application: 'client', permissions: ['for-users'] },
    { issuer: 'farm', application: 'client@realm', permissions: ['always', 'lists:Write'], appOnly: true },
    { issuer: 'farm', application: 'client@other', permissions: ['elsewhere'], appOnly: true },
    { issuer: 'other', application: 'client', permissions: ['elsewhere'], appOnly: true },
  ]
  const grants = createMemoryGrants(list)
  const facts: CallerFacts = {
    protocol: 's2s',
    kind: 'app',
    kindIsCertain: true,
    application: { id: 'client', realm: 'realm' },
    issuerNames: ['farm', 'farm-id@realm'],
    claims: { scope: 'claimed', scp: ['claimed'], roles: ['claimed'], permissions: ['claimed'] },
    permissionClaims: [['roles']],
  }

  it('is what it was granted with appOnly when it acts on its own; the rest is withheld', () => {
    const { source, permissions, withheld } = effectivePermissions(facts, grants)
    assert.equal(source, 'grants')
    assert.deepEqual(permissions.names, ['always', 'lists:Write'])
    assert.deepEqual(withheld?.names, ['for-users'])
  })

  it('is all that it was granted when it acts for a user', () => {
    const { permissions, withheld } = effectivePermissions({ ...facts, kind: 'user+app' }, grants)
    assert.deepEqual(permissions.names, ['for-users', 'always', 'lists:Write'])
    assert.equal(withheld, undefined)
  })

  it('is limited by the ceiling of its issuer, also what is withheld', () => {
    const ceiling = { ...facts, permissionCeiling: ['always'] }
    assert.deepEqual(effectivePermissions(ceiling, grants).permissions.names, ['always'])
    assert.deepEqual(effectivePermissions(ceiling, grants).withheld?.names, [])
    assert.deepEqual(effectivePermissions({ ...ceiling, kind: 'user+app' }, grants).permissions.names, ['always'])
  })

  it('is nothing without a grant, whatever the token claims', () => {
    for (const kind of ['app', 'user+app'] as const) {
      const { permissions, withheld } = effectivePermissions({ ...facts, kind }, noGrants)
      assert.equal(permissions.isEmpty, true)
      assert.equal(withheld, undefined)
    }
  })

  it('needs appOnly to be true, not something like it', () => {
    const sloppy = { grantsOf: () => [{ ...list[0], appOnly: 'true' }] as unknown as Grant[] }
    assert.equal(effectivePermissions(facts, sloppy).permissions.isEmpty, true)
  })

  it('is asked of the store by names of the issuer and the application only', () => {
    let asked: unknown
    effectivePermissions(facts, {
      grantsOf: (caller) => {
        asked = caller
        return []
      },
    })
    assert.deepEqual(asked, { issuerNames: facts.issuerNames, application: facts.application })
  })
})
