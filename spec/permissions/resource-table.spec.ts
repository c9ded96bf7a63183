import fc from 'fast-check'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { createResourceTable, type ResourceTable } from '../../lib/permissions/resource-table.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { compilePath } from './small-path-compiler.ts'

function tableOf(...names: readonly string[]): ResourceTable {
  return createResourceTable(Object.fromEntries(names.map((name) => [name, 'scope'])), { compilePath })
}

function found(table: ResourceTable, method: string, path: string): string[] {
  return table.find(method, path).map((entry) => entry.name)
}

describe('a resource table', () => {
  it('lists its entries in order, with what they require', () => {
    const table = createResourceTable({ 'GET /reports/:id': 'reports.read', 'ALL /status': 'public' }, { compilePath })
    assert.deepEqual(table.entries, [
      {
        name: 'GET /reports/:id',
        method: 'GET',
        path: '/reports/:id',
        requirement: { type: 'all', scopes: ['reports.read'], allowEncodedSlash: false },
      },
      {
        name: 'ALL /status',
        method: 'ALL',
        path: '/status',
        requirement: { type: 'public', scopes: [], allowEncodedSlash: false },
      },
    ])
    assert.ok(Object.isFrozen(table.entries))
    assert.ok(table.entries.every((entry) => Object.isFrozen(entry)))
  })

  it('gives the compiler the path and the name of each entry', () => {
    const asked: string[][] = []
    createResourceTable(
      { 'GET /a': 'a', 'PUT /b': 'b' },
      {
        compilePath: (path, entry) => {
          asked.push([path, entry])
          return compilePath(path)
        },
      },
    )
    assert.deepEqual(asked, [
      ['/a', 'GET /a'],
      ['/b', 'PUT /b'],
    ])
  })

  it('lets the first matching entry decide', () => {
    const table = tableOf('GET /reports/public', 'GET /reports/:id', 'GET /:any/:thing')
    assert.deepEqual(found(table, 'GET', '/reports/public'), ['GET /reports/public'])
    assert.deepEqual(found(table, 'GET', '/reports/7'), ['GET /reports/:id'])
    assert.deepEqual(found(table, 'GET', '/users/7'), ['GET /:any/:thing'])
  })

  const unlisted: readonly (readonly [name: string, method: string, path: string])[] = [
    ['another path', 'GET', '/users'],
    ['another method', 'POST', '/reports/7'],
    ['a longer path', 'GET', '/reports/7/pages'],
    ['a shorter path', 'GET', '/reports'],
    ['a method in lower case', 'get', '/reports/7'],
    ['a method that no Node.js knows', 'FETCH', '/reports/7'],
    ['TRACE', 'TRACE', '/reports/7'],
    ['OPTIONS', 'OPTIONS', '/reports/7'],
    ['the server as a whole', 'OPTIONS', '*'],
  ]
  for (const [name, method, path] of unlisted) {
    it(`does not list ${name}`, () => {
      assert.deepEqual(found(tableOf('GET /reports/:id'), method, path), [])
    })
  }

  it('judges HEAD as GET', () => {
    const table = tableOf('GET /reports', 'ALL /reports')
    assert.deepEqual(found(table, 'HEAD', '/reports'), ['GET /reports'])
    assert.deepEqual(found(tableOf('POST /reports'), 'HEAD', '/reports'), [])
  })

  it('lets ALL serve every method, in its place', () => {
    const table = tableOf('GET /reports', 'ALL /reports')
    assert.deepEqual(found(table, 'GET', '/reports'), ['GET /reports'])
    for (const method of ['POST', 'PROPFIND', 'OPTIONS', 'TRACE']) {
      assert.deepEqual(found(table, method, '/reports'), ['ALL /reports'])
    }
  })

  it('finds an entry whatever the letter case and the slash at the end', () => {
    const table = tableOf('GET /reports', 'GET /Users/')
    for (const path of ['/reports', '/REPORTS', '/reports/', '/Reports/']) {
      assert.deepEqual(found(table, 'GET', path), ['GET /reports'])
    }
    for (const path of ['/users', '/Users/', '/USERS']) assert.deepEqual(found(table, 'GET', path), ['GET /Users/'])
  })

  describe('when the first match is not exact', () => {
    const table = tableOf('GET /status', 'POST /:page', 'GET /:page', 'GET /*rest')

    it('asks the following entries too, up to the first exact one', () => {
      assert.deepEqual(found(table, 'GET', '/STATUS'), ['GET /status', 'GET /:page'])
      assert.deepEqual(found(table, 'HEAD', '/STATUS'), ['GET /status', 'GET /:page'])
    })

    it('asks all of them when none is exact before', () => {
      assert.deepEqual(found(table, 'GET', '/status/'), ['GET /status', 'GET /:page', 'GET /*rest'])
    })

    it('asks all of several that are not exact', () => {
      const names = ['GET /status', 'GET /:page', 'GET /*rest']
      assert.deepEqual(found(tableOf(...names), 'GET', '/status/'), names)
    })

    it('asks one alone when it is exact', () => {
      assert.deepEqual(found(table, 'GET', '/status'), ['GET /status'])
      assert.deepEqual(found(table, 'GET', '/other'), ['GET /:page'])
    })

    it('asks one alone when there is no other', () => {
      assert.deepEqual(found(tableOf('GET /status', 'POST /:page'), 'GET', '/STATUS'), ['GET /status'])
    })
  })
})

describe('a resource table that is written wrongly', () => {
  const cases: readonly (readonly [name: string, names: readonly string[], message: RegExp])[] = [
    ['an empty table', [], /^resources is empty; write what each resource requires/],
    ['an entry twice but for letter case', ['GET /a', 'GET /A'], /'GET \/A'\] is the same resource as 'GET \/a'/],
    ['an entry twice but for a slash', ['GET /a/', 'GET /a'], /'GET \/a'\] is the same resource as 'GET \/a\/'/],
    ['an entry twice but for names', ['GET /a/:b', 'GET /a/:c'], /\/a\/:c'\] is the same resource as 'GET \/a\/:b'/],
    ['a wildcard twice but for names', ['GET /*a', 'GET /*b'], /is the same resource as/],
    ['a parameter twice but for long names', ['GET /:id', 'GET /:number'], /is the same resource as/],
    ['a parameter twice but for quoted names', ['GET /:"an-id"', 'GET /:"the-number"'], /is the same resource as/],
    ['a parameter twice, once with a quoted name', ['GET /:id/x', 'GET /:"an-id"/x'], /is the same resource as/],
    [
      'a parameter before a text',
      ['GET /r/:id', 'GET /r/new'],
      /'GET \/r\/new'\] can never be reached: 'GET \/r\/:id'/,
    ],
    ['a wildcard before a text', ['GET /*all', 'GET /r/new'], /can never be reached: 'GET \/\*all' comes before it/],
    ['a wildcard before a parameter', ['GET /r/*all', 'GET /r/:id'], /can never be reached/],
    ['ALL before a method', ['ALL /r', 'GET /r'], /'GET \/r'\] can never be reached: 'ALL \/r' comes before it/],
    ['a parameter before a part of one', ['GET /:file', 'GET /:name.json'], /can never be reached/],
    ['an optional part before both', ['GET /r{/:id}', 'GET /r/:id'], /can never be reached/],
    ['a wildcard before an optional part', ['GET /r{/*all}', 'GET /r{/:id}'], /can never be reached/],
    ['another letter case before a text', ['GET /R/:id', 'GET /r/new'], /write it before 'GET \/R\/:id'$/],
    ['HEAD', ['GET /a', 'HEAD /a'], /HEAD follows GET/],
    ['lower case', ['get /a'], /must be in upper case/],
  ]
  for (const [what, names, message] of cases) {
    it(`is refused: ${what}`, () => {
      assert.throws(() => tableOf(...names), { name: 'ConfigurationError', code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('is refused with the name of the entry whose requirement is wrong', () => {
    assert.throws(() => createResourceTable({ 'GET /a': { anyOf: [] } }, { compilePath }), {
      message: /^resources\['GET \/a'\]\.anyOf is empty/,
    })
  })

  it('is refused when it is no object', () => {
    for (const resources of [undefined, null, ['GET /a'], 'GET /a'] as unknown as Record<
      string,
      ResourceRequirement
    >[]) {
      assert.throws(() => createResourceTable(resources, { compilePath }), { message: /^resources must be an object/ })
    }
  })

  it('is refused when the compiler refuses a path', () => {
    const failure = new ConfigurationError('ERR_S2S_OPTION_INVALID', 'no such syntax')
    const refuse = (): never => {
      throw failure
    }
    assert.throws(() => createResourceTable({ 'GET /(': 'a' }, { compilePath: refuse }), failure)
  })

  const reachable: readonly (readonly string[])[] = [
    ['GET /r/new', 'GET /r/:id'],
    ['GET /r/:id', 'POST /r/new'],
    ['GET /r', 'ALL /r'],
    ['GET /r/:id', 'GET /r/*all'],
    ['GET /r/:id', 'GET /r{/:id}'],
    ['GET /v:number', 'GET /:any'],
    ['GET /q:number', 'GET /8:number', 'GET /:any'],
    ['GET /:a-:b', 'GET /:any'],
    ['GET /:a.json', 'GET /:a.xml'],
    ['GET /:a/x', 'GET /y/:b'],
    ['GET /', 'GET /:a'],
    ['GET /a\\:b', 'GET /a\\:c'],
  ]
  for (const names of reachable) {
    it(`is none when every entry can be reached: ${names.join(', ')}`, () => {
      assert.equal(tableOf(...names).entries.length, names.length)
    })
  }
})

describe('a large resource table', () => {
  const names = Array.from({ length: 1000 }, (_, number) => [
    `GET /api/v1/kind${number}/:id`,
    `GET /api/:tenant/kind${number}/items/:item`,
    `GET /pages/page${number}{/:part}`,
  ])

  it('of 1,000 entries is made in a moment', () => {
    const some = names.flat().slice(0, 1000)
    tableOf(...some.slice(0, 50))
    const best = Math.min(
      ...[1, 2, 3].map(() => {
        const before = process.cpuUsage()
        tableOf(...some)
        return process.cpuUsage(before).user / 1000
      }),
    )
    assert.ok(best < 300, `${best} ms`)
  })

  it('finds what a look at every entry finds (property)', () => {
    const entries = [...names.slice(0, 5).flat(), 'GET /api/:a/*rest', 'ALL /*rest']
    const table = tableOf(...entries)
    const segment = fc.constantFrom('api', 'API', 'v1', 'kind1', 'Kind4', 'items', 'pages', 'page2', 'x', '')
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), fc.constantFrom('GET', 'HEAD', 'POST'), (segments, method) => {
        const path = `/${segments.join('/')}`
        assert.deepEqual(found(table, method, path), lookedThrough(entries, method, path))
      }),
      { numRuns: 5000 },
    )
  })
})

/** What `find` must give, said once more and slowly. */
function lookedThrough(entries: readonly string[], method: string, path: string): string[] {
  const matching = entries.filter((entry) => {
    const [entryMethod = '', entryPath = ''] = entry.split(' ')
    const methods = entryMethod === 'ALL' ? [method] : entryMethod === 'GET' ? ['GET', 'HEAD'] : [entryMethod]
    return methods.includes(method) && compilePath(entryPath).matches(path)
  })
  const exact = matching.findIndex((entry) => compilePath(entry.split(' ')[1] ?? '').matchesExactly(path))
  return exact === -1 ? matching : matching.slice(0, exact + 1)
}
