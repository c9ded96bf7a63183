import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createPermissionSet,
  isScopeName,
  parsePermission,
  printPermission,
  type Permission,
} from '../../lib/permissions/scope.ts'

describe('a scope name', () => {
  for (const name of ['reports.read', 'https://example.com/reports', 'a:b', '!', '#', '[', ']', '~', '*', 'a,b', "'"]) {
    it(`may be ${name}`, () => {
      assert.equal(isScopeName(name), true)
    })
  }

  const refused: Record<string, unknown> = {
    'empty text': '',
    'a space': 'a b',
    'a quotation mark': 'a"b',
    'a backslash': 'a\\b',
    'a tab': 'a\tb',
    'a newline': 'a\n',
    'a no-break space': 'a\u00a0b',
    'a zero-width space': 'a\u200bb',
    'a NUL': 'a\0',
    DEL: 'a\x7f',
    'a Cyrillic letter': 'reports.re\u0430d',
    'a list': ['reports.read'],
    'an object with toString': { toString: () => 'reports.read' },
    nothing: undefined,
    null: null,
    'a number': 1,
  }
  for (const [what, value] of Object.entries(refused)) {
    it(`is not ${what}`, () => {
      assert.equal(isScopeName(value), false)
    })
  }
})

describe('a permission set', () => {
  it('holds exactly the names it was given', () => {
    const set = createPermissionSet(['reports.read', 'reports.write'])
    assert.equal(set.has('reports.read'), true)
    assert.deepEqual(set.names, ['reports.read', 'reports.write'])
    assert.equal(set.isEmpty, false)
  })

  const lookalikes = [
    'reports.rea',
    'reports.reads',
    'reports.read.all',
    'reports',
    'Reports.read',
    'reports.READ',
    'reports.*',
    '*',
    '.*',
    'reports.read,reports.write',
    'reports.read;',
    ' reports.read',
    'reports.read\0',
    'reports.re\u0430d',
    'reports.read\u200b',
    '',
    '__proto__',
    'constructor',
    'toString',
  ]
  for (const name of lookalikes) {
    it(`does not take ${JSON.stringify(name)} for reports.read`, () => {
      assert.equal(createPermissionSet(['reports.read']).has(name), false)
      assert.equal(createPermissionSet([name]).has('reports.read'), false)
    })
  }

  it('is empty when nothing was given', () => {
    const set = createPermissionSet([])
    assert.equal(set.isEmpty, true)
    assert.deepEqual(set.names, [])
    assert.equal(set.covers('reports', 'Read'), false)
  })

  it('is frozen, also its names', () => {
    const set = createPermissionSet(['a'])
    assert.ok(Object.isFrozen(set))
    assert.ok(Object.isFrozen(set.names))
  })

  it('leaves out what is no permission, and turns nothing into a text', () => {
    const rubbish: unknown[] = [
      undefined,
      null,
      1,
      true,
      ['reports.read'],
      { toString: () => 'reports.read' },
      {},
      { scope: 1 },
      { scope: 'a b' },
      { scope: 'a b', right: 'Read' },
      { scope: ['reports'], right: 'Read' },
      { scope: 1, right: 'Read', container: '/sites/a' },
      { scope: 'reports', right: 'write' },
      { scope: 'reports', right: 'Delete' },
      { scope: 'reports', right: 'Read', container: '' },
      { scope: 'reports', right: 'Read', container: ['/'] },
      { scope: 'reports', right: 'Read', container: '/sites/../a' },
    ]
    assert.deepEqual(createPermissionSet(rubbish as Permission[]).names, [])
  })

  it('takes a container without a right for nothing at all, because the limit would be lost', () => {
    const set = createPermissionSet([{ scope: 'reports', container: '/sites/a' } as unknown as Permission])
    assert.equal(set.has('reports'), false)
    assert.equal(set.isEmpty, true)
  })

  it('reads any iterable', () => {
    assert.equal(createPermissionSet(new Set(['a'])).has('a'), true)
  })

  it('takes scope: name for the name', () => {
    assert.deepEqual(createPermissionSet([{ scope: 'a' }]).names, ['a'])
    assert.deepEqual(createPermissionSet([{ scope: 'a' }, 'a']).names, ['a'])
  })
})

describe('a right on a scope', () => {
  const tenant = 'http://sharepoint/content/tenant'
  for (const permission of [`${tenant}:Write`, { scope: tenant, right: 'Write' } as const]) {
    describe(`written as ${JSON.stringify(permission)}`, () => {
      const set = createPermissionSet([permission])

      it('covers lower rights and itself, in every container', () => {
        assert.equal(set.covers(tenant, 'Read'), true)
        assert.equal(set.covers(tenant, 'Write', '/sites/a'), true)
        assert.equal(set.covers(tenant, 'Manage'), false)
        assert.equal(set.covers(tenant, 'FullControl'), false)
      })

      it('is an exact scope name as well, of this one right', () => {
        assert.equal(set.has(`${tenant}:Write`), true)
        assert.equal(set.has(`${tenant}:Read`), false)
        assert.equal(set.has(tenant), false)
        assert.deepEqual(set.names, [`${tenant}:Write`])
      })

      it('covers no other scope', () => {
        assert.equal(set.covers('http://sharepoint/content', 'Read'), false)
        assert.equal(set.covers(`${tenant}/web`, 'Read'), false)
        assert.equal(set.covers('constructor', 'Read'), false)
      })
    })
  }

  it('is not made of a plain scope name', () => {
    assert.equal(createPermissionSet(['reports']).covers('reports', 'Read'), false)
  })

  it('needs a scope before the colon and a right of the ladder behind it', () => {
    for (const text of [':Read', 'reports:read', 'reports:', 'reports:Readx', 'reports.Read']) {
      assert.deepEqual(parsePermission(text), { exactName: text })
    }
  })

  it('takes the text after the last colon for the right', () => {
    assert.deepEqual(parsePermission('a:Read:Write'), {
      exactName: 'a:Read:Write',
      limited: { scope: 'a:Read', right: 'Write' },
    })
  })

  it('covers only its container and what is below it', () => {
    const set = createPermissionSet([{ scope: 'lists', right: 'Manage', container: '/sites/a' }])
    assert.equal(set.covers('lists', 'Write', '/sites/a'), true)
    assert.equal(set.covers('lists', 'Write', '/sites/a/lists/b'), true)
    assert.equal(set.covers('lists', 'Write', '/sites/ab'), false)
    assert.equal(set.covers('lists', 'Write'), false)
    assert.equal(set.covers('lists', 'FullControl', '/sites/a'), false)
  })

  it('with a container is no scope name, whatever is asked', () => {
    const set = createPermissionSet([{ scope: 'lists', right: 'Read', container: '/sites/a' }])
    assert.deepEqual(set.names, ['lists:Read in /sites/a'])
    assert.equal(set.isEmpty, false)
    for (const name of ['lists', 'lists:Read', 'lists:Read in /sites/a']) assert.equal(set.has(name), false)
    assert.equal(createPermissionSet(['a', { scope: 'lists', right: 'Read', container: '/sites/a' }]).isEmpty, false)
  })

  it('is covered when any of several covers it', () => {
    const set = createPermissionSet([
      { scope: 'lists', right: 'FullControl', container: '/sites/a' },
      { scope: 'lists', right: 'Read', container: '/sites/b' },
      'lists:Read',
    ])
    assert.equal(set.covers('lists', 'Manage', '/sites/a/x'), true)
    assert.equal(set.covers('lists', 'Manage', '/sites/b'), false)
    assert.equal(set.covers('lists', 'Read', '/sites/c'), true)
  })
})

describe('a ceiling', () => {
  it('lets through exact names only', () => {
    const set = createPermissionSet(['a', 'b', 'A', 'a.b'], new Set(['a']))
    assert.deepEqual(set.names, ['a'])
  })

  it('names a right with its scope, whatever the container', () => {
    const permissions: Permission[] = [
      'lists:Read',
      { scope: 'lists', right: 'Write' },
      { scope: 'lists', right: 'Write', container: '/sites/a' },
    ]
    const set = createPermissionSet(permissions, new Set(['lists:Write', 'lists']))
    assert.deepEqual(set.names, ['lists:Write', 'lists:Write in /sites/a'])
  })

  it('lets nothing through when it is empty', () => {
    const set = createPermissionSet(['a', 'lists:Read'], new Set())
    assert.equal(set.isEmpty, true)
    assert.equal(set.covers('lists', 'Read'), false)
  })
})

describe('a printed permission', () => {
  it('says scope, right and container', () => {
    assert.equal(printPermission({ exactName: 'a' }), 'a')
    assert.equal(printPermission({ exactName: 'a:Read', limited: { scope: 'a', right: 'Read' } }), 'a:Read')
    assert.equal(
      printPermission({ exactName: 'a:Read', limited: { scope: 'a', right: 'Read', container: '/x' } }),
      'a:Read in /x',
    )
  })
})
