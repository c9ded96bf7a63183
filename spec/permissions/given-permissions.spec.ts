import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { givenByGrants, givenByToken, type GivenPermission } from '../../lib/permissions/given-permissions.ts'
import type { Grant } from '../../lib/permissions/grants.ts'
import { printPermission } from '../../lib/permissions/scope.ts'

/** Each permission with its fault. */
function summarize(given: readonly GivenPermission[]): readonly string[] {
  return given.map(({ permission, fault }) => `${printPermission(permission)}: ${fault ?? 'none'}`)
}

describe('what grants give', () => {
  const forUsers: Grant = {
    issuer: 'farm',
    application: 'app',
    permissions: ['a', { scope: 'lists', right: 'Write', container: '/sites/a' }],
  }
  const always: Grant = { issuer: 'farm', application: 'app', permissions: ['a', 'b'], appOnly: true }

  it('has no fault for a caller who acts for a user and an issuer without a ceiling', () => {
    const given = givenByGrants([forUsers, always], { kind: 'user+app', ceiling: undefined })
    assert.deepEqual(summarize(given), ['a: none', 'lists:Write in /sites/a: none', 'a: none', 'b: none'])
    assert.deepEqual(
      given.map(({ grant }) => grant),
      [forUsers, forUsers, always, always],
    )
  })

  it('is off without a user where the grant has no appOnly', () => {
    assert.deepEqual(summarize(givenByGrants([forUsers, always], { kind: 'app', ceiling: undefined })), [
      'a: app-only-off',
      'lists:Write in /sites/a: app-only-off',
      'a: none',
      'b: none',
    ])
    const sloppy = { ...always, appOnly: 'true' } as unknown as Grant
    assert.deepEqual(summarize(givenByGrants([sloppy], { kind: 'app', ceiling: undefined })), [
      'a: app-only-off',
      'b: app-only-off',
    ])
  })

  it('is cut by the ceiling first: the switch would not help', () => {
    const ceiling = new Set(['lists:Write', 'b'])
    assert.deepEqual(summarize(givenByGrants([forUsers, always], { kind: 'app', ceiling })), [
      'a: beyond-ceiling',
      'lists:Write in /sites/a: app-only-off',
      'a: beyond-ceiling',
      'b: none',
    ])
  })

  it('leaves out what is no permission', () => {
    const permissions = [undefined, 7, 'a b', '', { scope: 'x', container: '/a' }, 'good'] as unknown as string[]
    assert.deepEqual(summarize(givenByGrants([{ ...always, permissions }], { kind: 'app', ceiling: undefined })), [
      'good: none',
    ])
  })
})

describe('what a token gives', () => {
  const claims = { scope: 'a b', scp: ['b', 'c'], roles: ['a', 'role'], permissions: ['permit'], more: { of: ['it'] } }
  const paths = [['more', 'of']]

  it('is told apart from what stands in claims that do not count', () => {
    const counted = { countsRoles: false, paths: [] }
    assert.deepEqual(summarize(givenByToken(claims, { counted, paths, ceiling: undefined })), [
      'a: none',
      'b: none',
      'c: none',
      'role: not-counted',
      'permit: not-counted',
      'it: not-counted',
    ])
  })

  it('is cut by the ceiling', () => {
    const counted = { countsRoles: true, paths }
    assert.deepEqual(summarize(givenByToken(claims, { counted, paths, ceiling: new Set(['a', 'it']) })), [
      'a: none',
      'b: beyond-ceiling',
      'c: beyond-ceiling',
      'role: beyond-ceiling',
      'permit: beyond-ceiling',
      'it: none',
    ])
  })

  it('stands in no grant', () => {
    const counted = { countsRoles: true, paths }
    for (const given of givenByToken(claims, { counted, paths, ceiling: undefined })) {
      assert.equal(given.grant, undefined)
    }
  })
})
