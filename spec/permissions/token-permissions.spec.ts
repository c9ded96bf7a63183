import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenPermissions } from '../../lib/permissions/token-permissions.ts'

function read(claims: Record<string, unknown>, paths: readonly (readonly string[])[] = []): readonly string[] {
  return tokenPermissions(claims, { countsRoles: true, paths })
}

describe('the scope claims of a token', () => {
  const values: readonly (readonly [name: string, value: unknown, expected: readonly string[]])[] = [
    ['a text', 'a b', ['a', 'b']],
    ['a list of texts', ['a', 'b'], ['a', 'b']],
    ['an empty list', [], []],
    ['null', null, []],
    ['a number', 1, []],
    ['true', true, []],
    ['an object', { a: true }, []],
    ['something like a list', { 0: 'a', length: 1 }, []],
    ['a list in a list', [['a']], []],
    ['a list with one value that is no text', ['a', 1], []],
    ['a list with null', ['a', null], []],
    ['an object with toString', { toString: () => 'a' }, []],
  ]
  for (const claim of ['scope', 'scp']) {
    for (const [what, value, expected] of values) {
      it(`count as ${JSON.stringify(expected)} when "${claim}" is ${what}`, () => {
        assert.deepEqual(read({ [claim]: value }), expected)
      })
    }
  }

  it('add up', () => {
    assert.deepEqual(read({ scope: 'a', scp: ['b'] }), ['a', 'b'])
  })

  for (const separator of ['\t', '\n', '\u00a0', ',', ';', '\u2003', '+']) {
    it(`are not separated by ${JSON.stringify(separator)}`, () => {
      assert.deepEqual(read({ scope: `a${separator}b c` }), [`a${separator}b`, 'c'])
    })
  }

  for (const claim of ['Scope', 'SCOPE', 'scopes', 'SCP', 'permission', 'Roles', 'authorities', 'groups', 'wids']) {
    it(`are not looked for in "${claim}"`, () => {
      assert.deepEqual(read({ [claim]: ['a'] }), [])
    })
  }

  it('are not inherited', () => {
    assert.deepEqual(read(Object.create({ scope: 'a', roles: ['b'] }) as Record<string, unknown>), [])
  })
})

describe('the role claims of a token', () => {
  for (const claim of ['roles', 'permissions']) {
    it(`count in "${claim}" where roles count`, () => {
      const claims = { [claim]: ['a', 'b'] }
      assert.deepEqual(tokenPermissions(claims, { countsRoles: true, paths: [] }), ['a', 'b'])
      assert.deepEqual(tokenPermissions(claims, { countsRoles: false, paths: [] }), [])
    })

    it(`must be a list in "${claim}"`, () => {
      for (const value of ['a', 'a b', { a: true }, null, ['a', {}]]) assert.deepEqual(read({ [claim]: value }), [])
    })
  }
})

describe('configured claims of a token', () => {
  const paths = [['realm_access', 'roles'], ['https://example.com/permissions']]

  it('are found along their paths', () => {
    const claims = { realm_access: { roles: ['a'] }, 'https://example.com/permissions': 'b c' }
    assert.deepEqual(tokenPermissions(claims, { countsRoles: false, paths }), ['a', 'b', 'c'])
  })

  it('may be the role claims by name', () => {
    assert.deepEqual(tokenPermissions({ roles: ['a'] }, { countsRoles: false, paths: [['roles']] }), ['a'])
  })

  const harmless: Record<string, Record<string, unknown>> = {
    'nothing is there': {},
    'the path ends early': { realm_access: 'roles' },
    'the path leads through null': { realm_access: null },
    'the path leads through a list': { realm_access: [{ roles: ['a'] }] },
    'the value is an object': { realm_access: { roles: { a: true } } },
    'the value is inherited': { realm_access: Object.create({ roles: ['a'] }) as unknown },
  }
  for (const [what, claims] of Object.entries(harmless)) {
    it(`contribute nothing when ${what}`, () => {
      assert.deepEqual(read(claims, paths), [])
    })
  }

  it('never reach into prototypes', () => {
    assert.deepEqual(
      read({ a: {} }, [
        ['a', '__proto__'],
        ['constructor', 'name'],
        ['a', 'toString', 'name'],
      ]),
      [],
    )
  })
})
