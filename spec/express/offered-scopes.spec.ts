import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { heldOfOffered, offeredScopes } from '../../lib/express/offered-scopes.ts'
import { parseRequirement } from '../../lib/permissions/requirement.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { createPermissionSet } from '../../lib/permissions/scope.ts'

const rule = (value: ResourceRequirement<never>): { requirement: ReturnType<typeof parseRequirement<never>> } => ({
  requirement: parseRequirement<never>(value, 'rule'),
})

describe('offeredScopes', () => {
  it('names every scope once, in the order of the rules', () => {
    const rules = ['b', ['a', 'b'], { anyOf: ['c', 'd'] }, { allOf: ['e'] }, { scope: 'f' }].map(rule)
    assert.deepEqual(offeredScopes(rules), ['b', 'a', 'c', 'd', 'e', 'f'])
  })

  it('names a right as tokens carry it', () => {
    assert.deepEqual(offeredScopes([rule({ scope: 'sites', right: 'Write' })]), ['sites:Write'])
  })

  it('does not name what nobody can ask for: application roles, and rules without scopes', () => {
    const rules = ['public', 'authenticated', { scope: 'a', appRole: 'All' } as const, () => true].map((one) =>
      rule(one),
    )
    assert.deepEqual(offeredScopes(rules), ['a'])
  })
})

describe('heldOfOffered', () => {
  const held = createPermissionSet(['b', 'secret', 'a'])
  const callerOf = (
    source: 'token' | 'grants',
  ): { effective: { source: typeof source; permissions: typeof held } } => ({
    effective: { source, permissions: held },
  })
  const context = { offeredScopes: () => ['a', 'b', 'c'] }

  it('names of what a token holds that which is offered', () => {
    assert.deepEqual(heldOfOffered({ caller: callerOf('token'), context }), ['a', 'b'])
  })

  it('names nothing to S2S callers, nor where nothing is offered', () => {
    assert.deepEqual(heldOfOffered({ caller: callerOf('grants'), context }), [])
    assert.deepEqual(heldOfOffered({ caller: callerOf('token'), context: {} }), [])
  })
})
