import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import { createMemoryGrants, isGrantStore, type Grant, type GrantedCaller } from '../../lib/permissions/grants.ts'

const workflow: Grant = { issuer: 'farm', application: 'workflow@realm-1', permissions: ['lists.read'] }
const search: Grant = { issuer: 'farm', application: 'search', permissions: ['search:Read'], appOnly: true }

function caller(issuer: string, id: string, realm?: string): GrantedCaller {
  return { issuerNames: [issuer], application: realm === undefined ? { id } : { id, realm } }
}

function permissionsOf(grants: readonly Grant[]): unknown[] {
  return grants.flatMap((grant) => grant.permissions)
}

describe('grants in memory', () => {
  it('belong to an application in one realm when they name the realm', () => {
    const grants = createMemoryGrants([workflow])
    assert.deepEqual(permissionsOf(grants.grantsOf(caller('farm', 'workflow', 'realm-1'))), ['lists.read'])
    assert.deepEqual(grants.grantsOf(caller('farm', 'workflow', 'realm-2')), [])
    assert.deepEqual(grants.grantsOf(caller('farm', 'workflow')), [])
  })

  it('belong to an application in any realm of the issuer when they name none', () => {
    const grants = createMemoryGrants([search])
    assert.equal(grants.grantsOf(caller('farm', 'search', 'realm-1')).length, 1)
    assert.equal(grants.grantsOf(caller('farm', 'search')).length, 1)
  })

  it('of a realm called undefined are not those of an application without realm', () => {
    const grants = createMemoryGrants([{ ...search, application: 'search@undefined' }])
    assert.deepEqual(grants.grantsOf(caller('farm', 'search')), [])
  })

  it('may name a scope in an object, without a right', () => {
    const grants = createMemoryGrants([{ ...search, permissions: [{ scope: 'a' }] }])
    assert.deepEqual(permissionsOf(grants.list()), [{ scope: 'a' }])
  })

  it('belong to one issuer, by its name or its iss', () => {
    const grants = createMemoryGrants([search, { ...workflow, issuer: 'farm-id@realm-1' }])
    const application = { id: 'workflow', realm: 'realm-1' }
    assert.equal(grants.grantsOf({ issuerNames: ['farm', 'farm-id@realm-1'], application }).length, 1)
    assert.equal(grants.grantsOf({ issuerNames: ['other'], application }).length, 0)
    assert.equal(grants.grantsOf({ issuerNames: [], application }).length, 0)
  })

  it('are found once when the name of the issuer is its iss', () => {
    const grants = createMemoryGrants([search])
    assert.equal(grants.grantsOf({ issuerNames: ['farm', 'farm'], application: { id: 'search' } }).length, 1)
  })

  it('are all found when an application has several', () => {
    const grants = createMemoryGrants([
      workflow,
      { ...workflow, permissions: ['a'] },
      { ...workflow, application: 'workflow', permissions: ['b'] },
    ])
    const found = grants.grantsOf(caller('farm', 'workflow', 'realm-1'))
    assert.deepEqual(permissionsOf(found).sort(), ['a', 'b', 'lists.read'])
  })

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
    it(`give nothing to an application or issuer called ${JSON.stringify(name)}`, () => {
      const grants = createMemoryGrants([workflow, search])
      assert.deepEqual(grants.grantsOf(caller('farm', name, 'realm-1')), [])
      assert.deepEqual(grants.grantsOf(caller(name, 'search')), [])
    })
  }

  for (const id of ['Search', 'SEARCH', 'search ', 'searc', 'search@']) {
    it(`give nothing to ${JSON.stringify(id)} that was granted to search`, () => {
      assert.deepEqual(createMemoryGrants([search]).grantsOf(caller('farm', id)), [])
    })
  }

  it('start empty', () => {
    assert.deepEqual(createMemoryGrants().list(), [])
  })

  it('cannot be changed from outside', () => {
    const permissions = ['a']
    const given: Grant[] = [{ issuer: 'farm', application: 'search', permissions }]
    const grants = createMemoryGrants(given)
    permissions.push('b')
    given.push(workflow)
    assert.deepEqual(permissionsOf(grants.list()), ['a'])
    assert.ok(Object.isFrozen(grants.list()))
    for (const grant of grants.list()) {
      assert.ok(Object.isFrozen(grant))
      assert.ok(Object.isFrozen(grant.permissions))
    }
  })

  it('freeze permissions that are objects, too', () => {
    const right = { scope: 'lists', right: 'Read' as const, container: '/sites/a' }
    const grants = createMemoryGrants([{ issuer: 'farm', application: 'search', permissions: [right] }])
    const [kept] = permissionsOf(grants.list())
    assert.deepEqual(kept, right)
    assert.notEqual(kept, right)
    assert.ok(Object.isFrozen(kept))
  })
})

describe('a change of grants', () => {
  it('takes effect at once', () => {
    const grants = createMemoryGrants()
    grants.add(search)
    assert.equal(grants.grantsOf(caller('farm', 'search')).length, 1)
    assert.equal(grants.remove({ issuer: 'farm', application: 'search' }), true)
    assert.deepEqual(grants.grantsOf(caller('farm', 'search')), [])
    assert.deepEqual(grants.list(), [])
  })

  it('takes away single permissions, however they are written', () => {
    const grants = createMemoryGrants([
      { issuer: 'farm', application: 'search', permissions: ['a', 'lists:Read', 'b'], appOnly: true },
    ])
    const removed = grants.remove({
      issuer: 'farm',
      application: 'search',
      permissions: [{ scope: 'lists', right: 'Read' }, 'a', 'never granted'],
    })
    assert.equal(removed, true)
    assert.deepEqual(grants.list(), [{ issuer: 'farm', application: 'search', permissions: ['b'], appOnly: true }])
  })

  it('keeps a right in one container apart from the right everywhere', () => {
    const inContainer = { scope: 'lists', right: 'Read', container: '/sites/a' } as const
    const grants = createMemoryGrants([
      { issuer: 'farm', application: 'search', permissions: ['lists:Read', inContainer] },
    ])
    grants.remove({ issuer: 'farm', application: 'search', permissions: ['lists:Read'] })
    assert.deepEqual(permissionsOf(grants.list()), [inContainer])
  })

  it('takes a permission out of one grant among several', () => {
    const two = { ...search, permissions: ['a', 'b'] }
    const grants = createMemoryGrants([workflow, two])
    assert.equal(grants.remove({ issuer: 'farm', application: 'search', permissions: ['a'] }), true)
    assert.deepEqual(grants.list(), [workflow, { ...two, permissions: ['b'] }])
  })

  it('drops a grant that has no permission left', () => {
    const grants = createMemoryGrants([search, workflow])
    assert.equal(grants.remove(search), true)
    assert.deepEqual(grants.list(), [workflow])
  })

  const nothing: Record<string, Parameters<ReturnType<typeof createMemoryGrants>['remove']>[0]> = {
    'of another issuer': { issuer: 'other', application: 'search' },
    'of another application': { issuer: 'farm', application: 'workflow' },
    'that was never granted': { issuer: 'farm', application: 'search', permissions: ['never'] },
    'that is no permission': { issuer: 'farm', application: 'search', permissions: ['no permission'] },
  }
  for (const [what, removal] of Object.entries(nothing)) {
    it(`removes nothing ${what}, and says so`, () => {
      const grants = createMemoryGrants([search])
      let changes = 0
      grants.onChange(() => (changes += 1))
      assert.equal(grants.remove(removal), false)
      assert.deepEqual(grants.list(), [search])
      assert.equal(changes, 0)
    })
  }

  it('is told to listeners until they stop listening', () => {
    const grants = createMemoryGrants()
    const sizes: number[] = []
    const stop = grants.onChange(() => sizes.push(grants.list().length))
    grants.add(search)
    grants.remove(search)
    stop()
    grants.add(search)
    assert.deepEqual(sizes, [1, 0])
  })

  it('is told to every listener even when one throws', async () => {
    const grants = createMemoryGrants([search])
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    let told = 0
    grants.onChange(() => {
      throw new Error('broken listener')
    })
    grants.onChange(() => (told += 1))
    assert.equal(grants.remove(search), true)
    assert.equal(told, 1)
    const warning = (await warned) as NodeJS.ErrnoException
    assert.equal(warning.message, 'a listener of grants threw: Error: broken listener')
    assert.equal(warning.code, 'S2S_GRANTS_LISTENER')
  })
})

describe('a grant that is written wrongly', () => {
  const cases: readonly (readonly [name: string, grant: unknown, code: ErrorCode, message: RegExp])[] = [
    ['no issuer', { application: 'a', permissions: [] }, 'ERR_S2S_OPTION_INVALID', /issuer is missing/],
    ['an empty issuer', { ...search, issuer: '' }, 'ERR_S2S_OPTION_INVALID', /issuer is empty/],
    ['an empty application', { ...search, application: '' }, 'ERR_S2S_OPTION_INVALID', /application is empty/],
    ['no permissions', { issuer: 'farm', application: 'a' }, 'ERR_S2S_OPTION_INVALID', /permissions is missing/],
    ['a text as permissions', { ...search, permissions: 'a b' }, 'ERR_S2S_OPTION_INVALID', /permissions must be/],
    [
      'two scopes in one text',
      { ...search, permissions: ['a b'] },
      'ERR_S2S_OPTION_INVALID',
      /^grants?.*\.permissions\[0\] must be a scope name: printable ASCII without space, " and \\$/,
    ],
    ['a text as switch', { ...search, appOnly: 'true' }, 'ERR_S2S_OPTION_INVALID', /appOnly/],
    ['a mistyped switch', { ...search, apponly: true }, 'ERR_S2S_OPTION_UNKNOWN', /did you mean `appOnly`/],
    [
      'a mistyped container',
      { ...search, permissions: [{ scope: 'a', right: 'Read', contaner: '/x' }] },
      'ERR_S2S_OPTION_UNKNOWN',
      /permissions\[0\]\.contaner is unknown; did you mean `container`/,
    ],
    [
      'an unknown right',
      { ...search, permissions: [{ scope: 'a', right: 'Delete' }] },
      'ERR_S2S_OPTION_INVALID',
      /permissions\[0\]\.right must be one of Read, Write, Manage, FullControl/,
    ],
    [
      'a container without right',
      { ...search, permissions: [{ scope: 'a', container: '/x' }] },
      'ERR_S2S_OPTION_INVALID',
      /write \{ scope, right, container \}/,
    ],
    [
      'a container with dot segments',
      { ...search, permissions: [{ scope: 'a', right: 'Read', container: '/x/../y' }] },
      'ERR_S2S_OPTION_INVALID',
      /permissions\[0\]\.container must be a path/,
    ],
    ['nothing', undefined, 'ERR_S2S_OPTION_INVALID', /must be an object|is missing/],
  ]
  for (const [name, grant, code, message] of cases) {
    it(`is refused at start and at run time: ${name}`, () => {
      const refused = { name: 'ConfigurationError', code, message }
      assert.throws(() => createMemoryGrants([grant as Grant]), refused)
      const grants = createMemoryGrants()
      assert.throws(() => {
        grants.add(grant as Grant)
      }, refused)
      assert.deepEqual(grants.list(), [])
    })
  }

  it('is named by its place in the list', () => {
    assert.throws(() => createMemoryGrants([search, { ...search, issuer: '' }]), { message: /^grants\[1\]\.issuer/ })
    assert.throws(
      () => {
        createMemoryGrants().add({ ...search, issuer: '' })
      },
      { message: 'grant.issuer is empty' },
    )
  })
})

describe('isGrantStore', () => {
  it('tells a store from a list, and from nothing', () => {
    assert.equal(isGrantStore(createMemoryGrants()), true)
    assert.equal(isGrantStore([search]), false)
    assert.equal(isGrantStore(undefined), false)
  })
})
