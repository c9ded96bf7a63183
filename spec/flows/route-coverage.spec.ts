import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import express5, { type Express, type RequestHandler, type Router } from 'express'
import { ConfigurationError, createS2S, protectResources, requireTls, type RouteCoverage } from 'passport-s2s'
import { makeWorld } from '../support/world.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5
const { options } = await makeWorld()
const s2s = createS2S(options)

const handler: RequestHandler = (_request, response) => {
  response.end()
}
const wrapped =
  (router: Router): RequestHandler =>
  (request, response, next) => {
    router(request, response, next)
  }

/** `GET /reports/:id guarded by GET /reports/:id`, one line for each route. */
const linesOf = ({ routes }: RouteCoverage): readonly string[] =>
  routes.map(({ name, status, rules }) => `${name} ${status}${rules.length > 0 ? ` by ${rules.join(', ')}` : ''}`)

for (const [version, express] of [
  [4, express4],
  [5, express5],
] as const) {
  const coverageOf = (assemble: (app: Express) => void): RouteCoverage => {
    const app = express()
    assemble(app)
    return s2s.coverage(app)
  }
  const route = (path: string): Router => express.Router().get(path, handler)

  describe(`the coverage of an application on Express ${version}`, () => {
    it('lists the routes of nested routers, parameters, app.all and app.route, each with its rule', () => {
      const coverage = coverageOf((app) => {
        app.get('/health', handler)
        app.use('/api', s2s.protect({ 'GET /reports/mine': 'authenticated', 'GET /reports/:id': 'a', 'ALL /x': 'b' }))
        const reports = express.Router()
        reports.get('/:number', handler)
        reports.get('/:number/lines/:line', handler)
        app.use('/api', express.Router().use('/reports', reports).all('/x', handler).all('/y', handler))
        app.route('/api/reports/:id').get(handler).put(handler)
        app.all('/else', handler)
      })
      assert.deepEqual(linesOf(coverage), [
        'GET /health unguarded',
        'GET /api/reports/:number guarded by GET /reports/:id, GET /reports/mine',
        'GET /api/reports/:number/lines/:line unlisted',
        'ALL /api/x guarded by ALL /x',
        'ALL /api/y unlisted',
        'GET /api/reports/:id guarded by GET /reports/:id, GET /reports/mine',
        'PUT /api/reports/:id unlisted',
        'ALL /else unguarded',
      ])
      assert.deepEqual([coverage.functions, coverage.unservedRules], [[], []])
    })

    it('knows the order, and that a guard covers only what is behind its mount', () => {
      const coverage = coverageOf((app) => {
        app.get('/before', handler)
        app.use('/in', s2s.protect({ 'GET /x': 'a' }))
        app.get('/in/x', handler)
        app.get('/out', handler)
        app.use(protectResources({ 'GET /late': 'a', 'GET /open': 'public' }))
        app.get('/late', handler)
        app.get('/open', handler)
      })
      assert.deepEqual(linesOf(coverage), [
        'GET /before unguarded',
        'GET /in/x guarded by GET /x',
        'GET /out unguarded',
        'GET /late guarded by GET /late',
        'GET /open public by GET /open',
      ])
    })

    it('counts requirePermission in front of the handler, also on all methods and in front of other routes', () => {
      const coverage = coverageOf((app) => {
        app.get('/a', s2s.requirePermission('a'), handler)
        app.get('/b', handler, s2s.requirePermission('b'))
        app.route('/c').all(s2s.requirePermission('c')).get(handler)
        app.all('/d/:x', s2s.requirePermission(['d', 'e']))
        app.get('/d/:y', handler)
        app.get('/d', s2s.requirePermission('public'), handler)
        app.get(/^\/e/, s2s.requirePermission('authenticated'), handler)
      })
      assert.deepEqual(linesOf(coverage), [
        'GET /a guarded by requirePermission a',
        'GET /b unguarded',
        'GET /c guarded by requirePermission c',
        'GET /d/:y guarded by requirePermission d e',
        'GET /d public by requirePermission public',
        'GET /(/^\\/e/) guarded by requirePermission authenticated',
      ])
    })

    it('walks mounted applications, in applications and in routers, and lists of paths', () => {
      const coverage = coverageOf((app) => {
        const admin = express()
        admin.use(s2s.protect({ 'GET /users/:id': 'admin' }))
        admin.get('/users/:id', handler)
        app.use('/admin', admin)
        app.use('/v1/:tenant', express.Router().use('/app', express().get('/x', handler)))
        app.use(['/p', '/q/:z'], route('/r'))
        app.get(['/s', '/t'], handler)
        app.use('/empty', express())
      })
      assert.deepEqual(linesOf(coverage), [
        'GET /admin/users/:id guarded by GET /users/:id',
        'GET /v1/:tenant/app/x unguarded',
        'GET /p/r unguarded',
        'GET /q/:z/r unguarded',
        'GET /s unguarded',
        'GET /t unguarded',
      ])
    })

    it('sees that a router with regard to letter case is no guard for one without', () => {
      const coverage = coverageOf((app) => {
        const strict = express.Router({ caseSensitive: true }).use('/x', s2s.protect({ 'GET /': 'a' }))
        app.use(strict)
        app.get('/x', handler)
      })
      assert.deepEqual(linesOf(coverage), ['GET /x unguarded by GET /'])
    })

    it('says of what cannot be determined that it cannot', () => {
      const guard = s2s.protect({ 'GET /x': 'a' })
      const coverage = coverageOf((app) => {
        app.use(/^\/re/, route('/x'))
        app.get(/^\/x$/, handler)
        app.use(/^\/./, guard)
        app.get('/x', handler)
        app.use(express.Router().use(handler, guard))
        app.get('/y', handler)
      })
      assert.deepEqual(
        coverage.routes.map(({ status }) => status),
        ['undetermined', 'undetermined', 'undetermined', 'undetermined'],
      )
      for (const { reason } of coverage.routes) assert.match(reason ?? '', /cannot be determined/)
    })

    it('says of CORS preflights that come by without a caller that it does not know what they meet', () => {
      const coverage = coverageOf((app) => {
        app.use(s2s.protect({ 'ALL /x': 'a', 'GET /y': 'a' }, { preflight: 'pass' }))
        app.all('/x', handler)
        app.get('/y', handler)
      })
      assert.deepEqual(linesOf(coverage), ['ALL /x undetermined by ALL /x', 'GET /y guarded by GET /y'])
    })

    it('lists functions of which nothing is known, and whether a guard stands in front', () => {
      const { functions, routes, unservedRules } = coverageOf((app) => {
        app.use(requireTls(), express.json())
        app.use('/hidden', wrapped(route('/x')))
        app.use(s2s.protect({ 'GET /files/:name': 'a', 'GET /typo': 'a' }))
        app.use('/files', wrapped(route('/:name')))
        app.use(handler)
        app.use(s2s.errorResponder())
      })
      assert.deepEqual(routes, [])
      assert.deepEqual(functions, [
        { name: 'USE / jsonParser', path: '/', isGuarded: false },
        { name: 'USE /hidden <anonymous>', path: '/hidden', isGuarded: false },
        { name: 'USE /files <anonymous>', path: '/files', isGuarded: true },
        { name: 'USE / handler', path: '/', isGuarded: true },
      ])
      assert.deepEqual(unservedRules, ['GET /typo'])
    })

    it('never takes a wrapped guard, or one that only has the name, for a guard', () => {
      const guard = s2s.protect({ 'GET /x': 'a' })
      const coverage = coverageOf((app) => {
        app.use((request, response, next) => guard(request, response, next))
        const pass: RequestHandler = (_request, _response, next) => {
          next()
        }
        app.use(Object.defineProperty(pass, 'name', { value: guard.name }))
        app.get('/x', handler)
      })
      assert.deepEqual(linesOf(coverage), ['GET /x unguarded'])
    })

    it('takes no guard into account that Express cannot match', () => {
      const coverage = coverageOf((app) => {
        app.use('/:x', s2s.protect({ 'GET /': 'a' }))
        app.get('/%zz', handler)
      })
      assert.deepEqual(
        coverage.routes.map(({ status }) => status),
        [version === 4 ? 'undetermined' : 'unguarded'],
      )
    })

    it('ends where a router is mounted in itself', () => {
      const router = route('/x')
      router.use('/again', router)
      assert.ok(coverageOf((app) => app.use(router)).routes.length > 0)
    })

    it('runs no handler', () => {
      let calls = 0
      const counted: RequestHandler = () => {
        calls += 1
      }
      coverageOf((app) => {
        const sub = express()
        sub.set('query parser', () => (calls += 1))
        sub.use(counted).get('/x', counted)
        sub.use(((_error, _request, _response, _next) => (calls += 1)) satisfies express5.ErrorRequestHandler)
        app.use(counted).use('/sub', sub)
      })
      assert.equal(calls, 0)
    })
  })

  describe(`assertComplete on Express ${version}`, () => {
    const incomplete = coverageOf((app) => {
      app.get('/health', handler)
      app.use(express.json(), s2s.protect({ 'GET /x': 'a', 'GET /y': 'a' }))
      app.get('/x', handler).put('/x', handler)
      app.get(/./, handler)
    })
    const all = ['GET /health', 'PUT /x', 'GET /(/./)', 'USE / jsonParser', 'rule GET /y']

    it('throws what is not covered, one line for each', () => {
      assert.throws(
        () => {
          incomplete.assertComplete()
        },
        (error) => {
          assert.ok(error instanceof ConfigurationError)
          assert.equal(error.code, 'ERR_S2S_ROUTES_UNCOVERED')
          assert.deepEqual(
            error.message.split('\n').flatMap((line) => /^ {2}(.+): /.exec(line)?.[1] ?? []),
            all,
          )
          return true
        },
      )
    })

    it('passes when everything is covered, or listed by name', () => {
      incomplete.assertComplete({ allow: all })
      coverageOf((app) => app.use(s2s.protect({ 'GET /x': 'a' })).get('/x', handler)).assertComplete()
    })

    it('refuses a name that is covered, so that the list does not grow old', () => {
      assert.throws(
        () => {
          incomplete.assertComplete({ allow: [...all, 'GET /x'] })
        },
        { code: 'ERR_S2S_OPTION_INVALID', message: /lists 'GET \/x', which is covered or does not exist/ },
      )
    })
  })
}

describe('the coverage of what is no application', () => {
  it('is refused', () => {
    for (const value of [undefined, {}, handler]) {
      assert.throws(() => s2s.coverage(value as RequestHandler), { code: 'ERR_S2S_OPTION_INVALID' })
    }
  })
})

describe('Express 5 syntax', () => {
  it('is read, with each optional part and wildcards, as far as it is few', () => {
    const app = express5()
    app.use(s2s.protect({ 'GET /a': 'a', 'GET /a/:b': 'b', 'GET /c/*d': 'c' }, { pathSyntax: 'express5' }))
    app.get('/a{/:b}', handler)
    app.get('/c/*rest', handler)
    app.get('/*a/*b/*c/*d/*e/*f/*g/*h/*i', handler)
    const lines = linesOf(s2s.coverage(app))
    assert.deepEqual(lines.slice(0, 2), [
      'GET /a{/:b} guarded by GET /a, GET /a/:b',
      'GET /c/*rest guarded by GET /c/*d',
    ])
    assert.match(lines[2] ?? '', / undetermined$/)
  })
})

describe('Express 5 with a router that does not keep where it is mounted', () => {
  const forgetful = (): { app: Express; router: Router; inner: Router } => {
    const app = express5()
    const inner = express5.Router().get('/x', handler)
    const router = express5.Router().use('/in', inner)
    app.use('/api/:tenant', s2s.protect({ 'GET /in/x': 'a' }))
    app.use('/api/:tenant', router)
    app.use(express5.Router().get('/root', handler))
    for (const { stack } of [app.router, router]) for (const layer of stack) Reflect.deleteProperty(layer, 'rawPath')
    return { app, router, inner }
  }

  it('is undetermined', () => {
    assert.deepEqual(linesOf(s2s.coverage(forgetful().app)), [
      'GET /(unknown path)/(unknown path)/x undetermined',
      'GET /root unguarded',
    ])
  })

  it('is told with mounts, for guards as well', () => {
    const { app, router, inner } = forgetful()
    const guard = app.router.stack[0]?.handle as RequestHandler
    const mounts = [
      [router, '/api/:tenant'],
      [inner, '/in'],
    ] as const
    const [unknown] = s2s.coverage(app, { mounts }).routes
    assert.deepEqual([unknown?.name, unknown?.status], ['GET /api/:tenant/in/x', 'undetermined'])
    assert.deepEqual(linesOf(s2s.coverage(app, { mounts: [...mounts, [guard, '/api/:tenant']] })), [
      'GET /api/:tenant/in/x guarded by GET /in/x',
      'GET /root unguarded',
    ])
  })

  for (const path of ['/api', '/api/acme', '/api/:tenant/more', '/other/:tenant', '/api/(.*)']) {
    it(`is refused where mounts does not tell the truth: ${path}`, () => {
      const { app, router } = forgetful()
      assert.throws(() => s2s.coverage(app, { mounts: [[router, path]] }), {
        code: 'ERR_S2S_OPTION_INVALID',
        message: /is not mounted at/,
      })
    })
  }
})
