import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { Passport, type Strategy } from 'passport'
import { createS2S, protectResources, S2SStrategy, type AuditEvent, type S2S, type S2SPrincipal } from 'passport-s2s'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const token = await world.oauth.token({ claims: { scope: 'reports.read' } })
const resources = { 'GET /reports/:id': 'reports.read', 'GET /open': 'public' } as const
const bareChallenge = 'Bearer realm="7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011"'

const withoutSession = { session: false, failWithError: true }

const earlier = await earlierPrincipal()

/** Somebody who sits on `req.user` and whom this server's S2S did not authenticate for this request. */
interface Foreigner {
  readonly name: string
  readonly before: () => readonly RequestHandler[]
  /** Whether the request carries a good token, which nobody of this server looks at. */
  readonly sendsToken?: true
}

const foreigners: readonly Foreigner[] = [
  { name: 'a genuine principal of an earlier request', before: () => [setUser(earlier)] },
  { name: 'a genuine principal that passport.session() restored', before: () => restoreSession(earlier) },
  {
    name: 'the user of another Passport strategy',
    before: () => [authenticateBy('other', alwaysSucceeding(), withoutSession)],
  },
  { name: 'a hand-set user', before: () => [setUser({ id: 1, name: 'Dana' })] },
  { name: 'a hand-set user in the exact shape of a principal', before: () => [setUser(structuredClone(earlier))] },
  { name: 'a hand-set user with the prototype of a principal', before: () => [setUser(Object.create(earlier))] },
  { name: 'a hand-set user beside a good token nobody looked at', before: () => [setUser(earlier)], sendsToken: true },
  {
    name: 'the principal of another createS2S',
    before: () => [authenticateBy('s2s', createS2S(world.options).strategy, withoutSession)],
    sendsToken: true,
  },
  {
    name: 'the principal of an S2SStrategy that stands alone',
    before: () => [authenticateBy('s2s', new S2SStrategy(world.options), withoutSession)],
    sendsToken: true,
  },
]

for (const foreigner of foreigners) {
  describe(`${foreigner.name} on req.user`, () => {
    let app: ForeignApp
    before(async () => {
      app = await startForeignApp((s2s) => [
        ...foreigner.before(),
        (request, response, next) => {
          if (request.path.startsWith('/permitted')) s2s.requirePermission('reports.read')(request, response, next)
          else s2s.protectResources(resources)(request, response, next)
        },
      ])
    })
    after(() => app.close())

    for (const path of ['/reports/1', '/permitted/1']) {
      it(`does not pass the second middleware at ${path}`, async () => {
        const answer = await send(app, path, foreigner.sendsToken === true ? token : undefined)
        assertUnauthorized(answer, app)
        assert.deepEqual(
          app.events.map(({ name, outcome, code }) => [name, outcome, code]),
          [['request.rejected', 'notice', undefined]],
        )
      })
    }

    it('is nobody to principalOf in a public handler', async () => {
      const answer = await send(app, '/open', undefined)
      // Where another strategy stands in front, it has refused the anonymous request by itself.
      if (foreigner.name.includes('S2S')) assert.equal(answer.status, 401)
      else assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { caller: 'ERR_S2S_NOT_PROTECTED' }])
    })
  })
}

describe('a restored session in front of our own authentication', () => {
  let app: ForeignApp
  before(async () => {
    app = await startForeignApp((s2s) => [
      ...restoreSession(earlier),
      authenticateBy('s2s', s2s.strategy, { ...withoutSession, allowAnonymous: true }),
      s2s.protectResources(resources),
    ])
  })
  beforeEach(() => {
    app.events.length = 0
  })
  after(() => app.close())

  it('opens nothing without a token', async () => {
    assertUnauthorized(await send(app, '/reports/1', undefined), app)
  })

  it('does not help a bad token', async () => {
    const calls = app.handlerCalls()
    const answer = await send(app, '/reports/1', await world.oauth.token({ claims: { exp: 1 } }))
    assert.equal(answer.status, 401)
    assert.deepEqual(
      app.events.map(({ code }) => code),
      ['ERR_S2S_TOKEN_EXPIRED'],
    )
    assert.equal(app.handlerCalls(), calls)
  })

  it('gives way to the caller of a good token', async () => {
    const other = await world.otherOAuth.token({ claims: { scope: 'reports.read', sub: 'else', client_id: 'else' } })
    const answer = await send(app, '/reports/1', other)
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { caller: 'else', user: 'else' }])
  })
})

describe('guards that may believe the caller', () => {
  it('protectResources of the same createS2S, and the one that stands alone', async () => {
    const guards = [(s2s: S2S) => s2s.protectResources(resources), () => protectResources(resources)]
    for (const guard of guards) {
      const app = await startForeignApp((s2s) => [authenticateBy('s2s', s2s.strategy, withoutSession), guard(s2s)])
      const answer = await send(app, '/reports/1', token)
      assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { caller: 'reporting', user: 'reporting' }])
      await app.close()
    }
  })
})

const sessionOptions: readonly (readonly [name: string, ...options: readonly object[]])[] = [
  ["passport.authenticate('s2s') without options"],
  ["passport.authenticate('s2s') without session: false", {}],
  ["passport.authenticate('s2s') with session: true", { session: true }],
  ["passport.authenticate('s2s') with a session that is only falsy", { session: undefined }],
]

for (const [name, ...options] of sessionOptions) {
  describe(name, () => {
    let app: ForeignApp
    let issuer: LocalServer
    before(async () => {
      issuer = await startHttpsServer((_request, response) => response.writeHead(500).end())
      app = await startForeignApp((s2s) => {
        s2s.trustedIssuers.add({ type: 'openid', issuer: issuer.url, ca: issuer.ca })
        return [authenticateBy('s2s', s2s.strategy, ...options), s2s.protectResources(resources)]
      })
    })
    after(async () => {
      await Promise.all([app.close(), issuer.close()])
    })

    const credentials = async (): Promise<readonly string[][]> => [
      [],
      ['Bearer'],
      ['Bearer a.b.c'],
      [`Bearer ${token}`],
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${await world.oauth.token({ claims: { iss: issuer.url } })}`],
    ]

    it('is a ConfigurationError before any token is looked at', async () => {
      for (const values of await credentials()) {
        const answer = await sendRaw(app, { headers: values.map((value) => ['Authorization', value]) })
        assert.equal(answer.status, 500)
        assert.deepEqual(JSON.parse(answer.body), {
          error: 'server_error',
          error_description: 'The server is not set up correctly.',
        })
        assert.equal(answer.headers['www-authenticate'], undefined)
        assert.equal(answer.headers['set-cookie'], undefined)
      }
      assert.deepEqual(app.errorCodes, Array(6).fill('ERR_S2S_SESSION_REFUSED'))
      assert.deepEqual(app.events, [], 'something was decided')
      assert.deepEqual(issuer.requests, [], 'keys were fetched')
      assert.equal(app.handlerCalls(), 0)
    })
  })
}

interface ForeignApp extends LocalServer {
  readonly events: AuditEvent[]
  /** Codes of the errors that reached the error handlers. */
  readonly errorCodes: readonly unknown[]
  handlerCalls(): number
}

async function startForeignApp(guards: (s2s: S2S) => readonly RequestHandler[]): Promise<ForeignApp> {
  const events: AuditEvent[] = []
  const errorCodes: unknown[] = []
  let calls = 0
  const s2s = createS2S({ ...world.options, onAuditEvent: (event) => events.push(event) })
  const app: Express = express()
  app.use(...guards(s2s))
  app.get(['/reports/:id', '/permitted/:id'], (request: Request, response: Response) => {
    calls += 1
    const user = (request.user as S2SPrincipal).application.id
    response.json({ caller: s2s.principalOf(request).application.id, user })
  })
  app.get('/open', (request, response) => {
    response.json({ caller: codeOf(() => s2s.principalOf(request)) })
  })
  app.use(((error, _request, _response, next) => {
    errorCodes.push((error as { code?: unknown }).code)
    next(error)
  }) satisfies express.ErrorRequestHandler)
  app.use(s2s.errorResponder())
  return { ...(await startHttpsServer(app)), events, errorCodes, handlerCalls: () => calls }
}

async function send(app: ForeignApp, path: string, bearer: string | undefined): Promise<RawAnswer> {
  app.events.length = 0
  return sendRaw(app, { path, headers: bearer === undefined ? [] : [['Authorization', `Bearer ${bearer}`]] })
}

function assertUnauthorized(answer: RawAnswer, app: ForeignApp): void {
  assert.equal(answer.status, 401)
  assert.equal(answer.headers['www-authenticate'], bareChallenge)
  assert.deepEqual(JSON.parse(answer.body), { error_description: 'A bearer token is required.' })
  assert.equal(app.handlerCalls(), 0)
}

/** What a session store would have kept of a request of yesterday. */
async function earlierPrincipal(): Promise<S2SPrincipal> {
  const kept: S2SPrincipal[] = []
  const app = await startForeignApp((s2s) => [
    s2s.protect(resources),
    (request, _response, next) => {
      kept.push(s2s.principalOf(request))
      next()
    },
  ])
  await send(app, '/reports/1', token)
  await app.close()
  return kept[0] ?? assert.fail('there was no earlier request')
}

function setUser(user: unknown): RequestHandler {
  return (request, _response, next) => {
    Object.assign(request, { user, isAuthenticated: () => true, isUnauthenticated: () => false })
    next()
  }
}

/** Passport's own session middleware over a session that is already there. */
function restoreSession(principal: S2SPrincipal): readonly RequestHandler[] {
  const passport = new Passport()
  passport.deserializeUser((_id, done) => {
    done(null, principal)
  })
  const session: RequestHandler = (request, _response, next) => {
    Object.assign(request, { session: { passport: { user: 'dana' } } })
    next()
  }
  return [session, passport.initialize() as RequestHandler, passport.session() as RequestHandler]
}

function authenticateBy(name: string, strategy: Strategy, ...options: readonly object[]): RequestHandler {
  const passport = new Passport()
  passport.use(name, strategy)
  return passport.authenticate(name, options[0] as object) as RequestHandler
}

function alwaysSucceeding(): Strategy {
  return {
    authenticate() {
      this.success(structuredClone(earlier))
    },
  }
}

function codeOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}
