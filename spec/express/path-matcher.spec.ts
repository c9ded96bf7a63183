import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type express5 from 'express'
import fc from 'fast-check'
import { pathSpelling } from '../../lib/express/request-path.ts'
import type { ConfigurationError } from '../../lib/foundation/errors.ts'
import { expressVersions } from '../support/express-versions.ts'

const versions = expressVersions
const { createPathCompiler } = versions[5]

function refusalOf(act: () => unknown): ConfigurationError {
  let thrown: unknown
  assert.throws(act, (error: unknown) => {
    thrown = error
    return error instanceof Error && error.name === 'ConfigurationError'
  })
  return thrown as ConfigurationError
}

/** Whether a real router with one route serves a path: its handler runs before `handle` returns. */
function routerOf(express: typeof express5, path: string, options: object): (requested: string) => boolean {
  let isServed = false
  const router = express.Router(options)
  const handle = router as unknown as (request: object, response: object, done: () => void) => void
  router.get(path, () => {
    isServed = true
  })
  return function serves(requested) {
    isServed = false
    handle({ method: 'GET', url: requested }, {}, () => undefined)
    return isServed
  }
}

const settings = [true, false].flatMap((caseSensitive) => [true, false].map((strict) => ({ caseSensitive, strict })))
const texts = ['a', 'B', 'v', 'ab', '.', '.json', '-', '~', '@', 'a.b', '_', '=', '7']
const plainSegment = fc
  .tuple(
    fc.constantFrom('', 'a', 'v.', 'B-'),
    fc.constantFrom('', ':id', ':Name_2'),
    fc.constantFrom('', '.json', '-b', '.'),
  )
  .map((parts) => parts.join(''))
  .filter((segment) => segment !== '' && segment !== '.' && !/^[^:]+:/.test(segment))
const sharedPattern = fc
  .tuple(fc.array(plainSegment, { maxLength: 3 }), fc.constantFrom('', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${segments.length === 0 ? '' : end}`)
const express5Pattern = fc.constantFrom(
  '/*splat',
  '/a/*splat',
  '/*splat/',
  '/a{/:id}',
  '/a{/b}{/:c}/',
  '/:a-:b',
  '/:a.:b',
  '/a.:b',
  '/*a/b/*c',
  '/x*a',
  '/\\:a',
  '/:"a-b"',
)

/** Paths near a pattern: its parameters filled, then letters and slashes changed. */
const pathNear = (pattern: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...texts, '%20', '%ff', '/', '..', '--'), { minLength: 1, maxLength: 4 }),
      fc.nat(7),
    )
    .map(([values, change]) => {
      let index = 0
      const filled = pattern
        .replaceAll(/[{}\\]/g, '')
        .replaceAll(/[:*](?:\w+|"[^"]*")/g, () => values[index++ % values.length] ?? '')
      const cased = (change & 1) === 0 ? filled : filled.toUpperCase()
      const ended = (change & 2) === 0 ? cased : `${cased}/`
      return (change & 4) === 0 ? ended : ended.replace(/\/$/, '')
    })

const cases = (patterns: fc.Arbitrary<string>): fc.Arbitrary<[string, string[]]> =>
  patterns.chain((pattern) =>
    fc.tuple(fc.constant(pattern), fc.array(pathNear(pattern), { minLength: 20, maxLength: 20 })),
  )

for (const [version, { express, createPathCompiler }] of Object.entries(versions)) {
  const compilePath = createPathCompiler()

  describe(`the path matcher over Express ${version}`, () => {
    const table: Readonly<Record<string, readonly (readonly [path: string, matches: boolean, exactly: boolean])[]>> = {
      '/': [
        ['/', true, true],
        ['/a', false, false],
      ],
      '/Reports/:id': [
        ['/Reports/1', true, true],
        ['/reports/1', true, false],
        ['/Reports/1/', true, false],
        ['/Reports/%20', true, true],
        ['/Reports/%ff', false, false],
        ['/Reports', false, false],
        ['/Reports/', false, false],
        ['/Reports/1/2', false, false],
        ['/x/Reports/1', false, false],
      ],
      '/a/': [
        ['/a/', true, true],
        ['/a', true, false],
        ['/A/', true, false],
      ],
      '/files/:name.json': [
        ['/files/a.json', true, true],
        ['/files/a.b.json', true, true],
        ['/files/a.JSON', true, false],
        ['/files/.json', false, false],
        ['/files/ajson', false, false],
      ],
      '/v/:major/a.b': [
        ['/v/1/a.b', true, true],
        ['/v/1/axb', false, false],
        ['/v/a.b', false, false],
      ],
      '/:tenant/:tenant': [['/a/b', true, true]],
      '/__proto__/:constructor': [['/__proto__/a', true, true]],
      "/a@b,c=d&e'f~g": [["/a@b,c=d&e'f~g", true, true]],
    }
    for (const [pattern, rows] of Object.entries(table)) {
      for (const [path, matches, exactly] of rows) {
        it(`reads ${pattern}: ${path} ${matches ? (exactly ? 'matches exactly' : 'matches') : 'does not match'}`, () => {
          const matcher = compilePath(pattern, `GET ${pattern}`)
          assert.deepEqual([matcher.matches(path), matcher.matchesExactly(path)], [matches, exactly])
        })
      }
    }

    it('is never narrower than a router, whatever its settings, nor wider when it matches exactly', () => {
      let served = 0
      fc.assert(
        fc.property(cases(sharedPattern), ([pattern, paths]) => {
          const matcher = compilePath(pattern, `GET ${pattern}`)
          const routers = settings.map((options) => routerOf(express, pattern, options))
          for (const path of paths) {
            const answers = routers.map((serves) => serves(path))
            served += answers.filter(Boolean).length
            if (answers.includes(true)) assert.ok(matcher.matches(path), `${pattern} ${path}`)
            if (matcher.matchesExactly(path)) assert.ok(!answers.includes(false), `${pattern} ${path}`)
          }
        }),
        { numRuns: 1_000 },
      )
      assert.ok(served > 10_000)
    })

    it('passes a fault of its caller on', () => {
      assert.throws(() => compilePath('/a', 'GET /a').matches(Symbol('no text') as unknown as string), TypeError)
    })

    const differing = [
      '/a/*',
      '/*splat',
      '/a{/b}',
      '/a+',
      '/(a)',
      '/a[b]',
      '/a!',
      '/\\a',
      '/a|b',
      '/a$',
      '/a^b',
      '/:1',
      '/:',
      '/a/:id(\\d+)',
      '/a.:b',
      '/v:id',
      '/:a-:b',
      '/:a:b',
      '/:"a"',
      '/:id*',
    ]
    for (const path of differing) {
      it(`refuses ${path}, which Express 4 and 5 read differently, and says what to write`, () => {
        const error = refusalOf(() => compilePath(path, `GET ${path}`))
        assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
        assert.ok(error.message.startsWith(`the path of 'GET ${path}' has the segment "`), error.message)
        assert.match(error.message, /write plain text or one parameter .* pathSyntax: 'express5'/)
      })
    }

    const unreachable: Readonly<Record<string, RegExp>> = {
      'reports/:id': /does not begin with "\/"/,
      '': /does not begin with "\/"/,
      'https://localhost/a': /does not begin with "\/"/,
      '/a?b=c': /has "\?"/,
      '/a/:id?': /has "\?"; .* two entries for an optional part/,
      '/a%20b': /has "%"/,
      '/a b': /non-ASCII/,
      '/größe': /non-ASCII/,
      '/a\n': /non-ASCII/,
      '/a;b': /has ";"/,
      '/a#b': /has ";" or "#"/,
      '/a//b': /has "\/\/"/,
      '//': /has "\/\/"/,
      '/a/../b': /segment/,
      '/./a': /segment/,
      '/..': /segment/,
    }
    for (const [path, message] of Object.entries(unreachable)) {
      it(`refuses ${JSON.stringify(path)}, which no request can match`, () => {
        const error = refusalOf(() => compilePath(path, `GET ${path}`))
        assert.ok(error.message.startsWith(`the path of 'GET ${path}' `), error.message)
        assert.match(error.message, message)
      })
    }

    it('refuses a regular expression and a list of paths', () => {
      for (const path of [/^\/a/, ['/a', '/b'], undefined] as unknown[]) {
        assert.match(refusalOf(() => compilePath(path as string, 'GET /a')).message, /'GET \/a' is not a string/)
      }
    })
  })
}

describe('paths that Express 4 and 5 share', () => {
  it('are read alike by both, for every plain path', () => {
    const [old, current] = [versions[4].createPathCompiler(), versions[5].createPathCompiler()]
    fc.assert(
      fc.property(cases(sharedPattern), ([pattern, paths]) => {
        const [left, right] = [old(pattern, pattern), current(pattern, pattern)]
        for (const path of paths) {
          if (pathSpelling({ url: path }) === 'ambiguous') continue
          assert.equal(left.matches(path), right.matches(path), `${pattern} ${path}`)
          assert.equal(left.matchesExactly(path), right.matchesExactly(path), `${pattern} ${path}`)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the path syntax of Express 5', () => {
  const compilePath = createPathCompiler({ pathSyntax: 'express5' })

  const rows: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ['/files/*path', '/files/a/b', true],
    ['/files/*path', '/files', false],
    ['/a{/:id}', '/a', true],
    ['/a{/:id}', '/A/1/', true],
    ['/a{/:id}', '/a/1/2', false],
    ['/a\\(b', '/a(b', true],
    ['/:from-:to', '/1-2', true],
    ['/a/:id', '/a/1', true],
    ['/a|b', '/b', false],
  ]
  for (const [pattern, path, matches] of rows) {
    it(`reads ${pattern}: ${path} ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(compilePath(pattern, `GET ${pattern}`).matches(path), matches)
    })
  }

  it('is never read narrower than by a router, whatever its settings', () => {
    let served = 0
    fc.assert(
      fc.property(cases(express5Pattern), ([pattern, paths]) => {
        const matcher = compilePath(pattern, pattern)
        for (const options of settings) {
          const serves = routerOf(versions[5].express, pattern, options)
          for (const path of paths) {
            if (!serves(path)) continue
            served += 1
            assert.ok(matcher.matches(path), `${pattern} ${path}`)
          }
        }
      }),
      { numRuns: 1_000 },
    )
    assert.ok(served > 5_000)
  })

  for (const path of ['/a/*', '/a(b)', '/a{/b', '/:', '/a+', '/a[b]', '/a!', '/a\\', '/:a:b', '/*a*b']) {
    it(`refuses ${path}, which Express does not take, and keeps the cause`, () => {
      const error = refusalOf(() => compilePath(path, `GET ${path}`))
      assert.ok(error.message.startsWith(`the path of 'GET ${path}' is not accepted by the installed Express`))
      assert.ok(error.cause instanceof TypeError)
    })
  }

  for (const path of ['/a%20b', '/a//b', '/a/../b', '/a;b', '/a\\?b', '*a', '/a b']) {
    it(`refuses ${path}, which no request can match`, () => {
      assert.match(refusalOf(() => compilePath(path, `GET ${path}`)).message, /^the path of 'GET /)
    })
  }

  it('is refused over Express 4', () => {
    const error = refusalOf(() => versions[4].createPathCompiler({ pathSyntax: 'express5' }))
    assert.match(error.message, /install Express 5 or leave pathSyntax out/)
  })
})
