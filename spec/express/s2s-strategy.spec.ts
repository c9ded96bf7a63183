import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request, RequestHandler } from 'express'
import { Passport } from 'passport'
import type { S2SOptions } from '../../lib/express/authenticate-request.ts'
import { createErrorResponder } from '../../lib/express/error-responder.ts'
import { principalOf } from '../../lib/express/request-record.ts'
import { S2SStrategy, type S2SAuthenticateOptions } from '../../lib/express/s2s-strategy.ts'
import type { S2SVerify } from '../../lib/express/verify-call.ts'
import { ConfigurationError, S2SError } from '../../lib/foundation/errors.ts'
import { bearer, sendThrough, type Outcome } from '../support/one-request.ts'
import { refusal } from '../support/refusal.ts'
import type { RawRequest } from '../support/send-raw.ts'
import { makeWorld, self } from '../support/world.ts'

const { options, oauth } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const failing = (thrown: unknown) => async (): Promise<never> => {
  await Promise.resolve()
  throw thrown as Error
}

interface Story extends RawRequest {
  readonly s2s?: Partial<S2SOptions>
  readonly verify?: S2SVerify
  readonly authenticate?: object
  readonly first?: readonly RequestHandler[]
  readonly plainHttp?: boolean
  readonly answersErrors?: boolean
}

/** One request through Passport itself. */
function send({
  s2s,
  verify,
  authenticate = { session: false },
  first = [],
  answersErrors,
  ...request
}: Story): Promise<Outcome> {
  const passport = new Passport()
  passport.use(new S2SStrategy({ ...options, ...s2s }, verify))
  const middleware = passport.authenticate('s2s', authenticate as { session: false }) as RequestHandler
  return sendThrough({
    middleware: [...first, middleware],
    ...(answersErrors === true ? { errorHandler: createErrorResponder() } : {}),
    ...request,
  })
}

const challengeOf = ({ answer }: Outcome): string | undefined => answer.headers['www-authenticate']
const bare = `Bearer realm="${self.realm}"`

describe('S2SStrategy behind Passport', () => {
  it('is named s2s', () => {
    assert.equal(new S2SStrategy(options).name, 's2s')
  })

  it('authenticates the caller of a token', async () => {
    const { passed } = await send({ headers: bearer(token) })
    assert.ok(passed !== undefined)
    assert.equal(passed.user, principalOf(passed))
    assert.equal(principalOf(passed).application.id, 'reporting')
  })

  it('hands user and info of the verify callback to Passport', async () => {
    const verify: S2SVerify = (_request: Request, _principal: unknown, done: (...given: unknown[]) => void) => {
      done(null, { account: 5 }, { scope: 'all' })
    }
    const { passed } = await send({ headers: bearer(token), verify, s2s: { passReqToCallback: true } })
    assert.deepEqual(passed?.user, { account: 5 })
    assert.deepEqual(passed.authInfo, { scope: 'all' })
  })

  for (const { name, story, challenge } of [
    { name: 'no credential', story: {}, challenge: bare },
    {
      name: 'the empty credential',
      story: { headers: [['Authorization', 'Bearer']] },
      challenge: `${bare}, client_id="${self.clientId}"`,
    },
    { name: 'another scheme', story: { headers: [['Authorization', 'Basic YTpi']] }, challenge: bare },
    {
      name: 'a bad token',
      story: { headers: bearer('a.b.c') },
      challenge: `${bare}, error="invalid_token", error_description="The token is malformed."`,
    },
    {
      name: 'a refused caller',
      story: { headers: bearer(token), verify: () => false },
      challenge: `${bare}, error="invalid_token", error_description="The caller was refused."`,
    },
    {
      name: 'another scheme where anonymous requests may pass',
      story: { headers: [['Authorization', 'Basic YTpi']], authenticate: { session: false, allowAnonymous: true } },
      challenge: bare,
    },
  ] as const) {
    it(`fails ${name} with the exact challenge and Passport's own body`, async () => {
      const outcome = await send(story)
      assert.equal(outcome.passed, undefined)
      assert.equal(outcome.error, undefined)
      assert.equal(outcome.answer.status, 401)
      assert.equal(outcome.answer.body, 'Unauthorized')
      assert.equal(challengeOf(outcome), challenge)
      assert.equal(outcome.answer.headers['cache-control'], 'no-store')
    })

    it(`leaves the body for ${name} to the error responder with failWithError`, async () => {
      const authenticate = {
        session: false,
        ...('authenticate' in story ? story.authenticate : {}),
        failWithError: true,
      }
      const outcome = await send({ ...story, authenticate, answersErrors: true })
      assert.equal(challengeOf(outcome), challenge)
      assert.ok('error_description' in (JSON.parse(outcome.answer.body) as object))
    })
  }

  it('lets a request without any credential pass where that was asked for', async () => {
    const { passed } = await send({ authenticate: { session: false, allowAnonymous: true } })
    assert.ok(passed !== undefined)
    assert.throws(() => principalOf(passed), refusal('ERR_S2S_NOT_PROTECTED'))
  })

  for (const { name, story, code, status } of [
    {
      name: 'two credentials',
      story: { headers: bearer('a, Bearer b') },
      code: 'ERR_S2S_HEADER_MALFORMED',
      status: 400,
    },
    { name: 'a token in the query', story: { path: '/?access_token=a' }, code: 'ERR_S2S_TOKEN_IN_QUERY', status: 400 },
    {
      name: 'plain http',
      story: { plainHttp: true, headers: bearer(token) },
      code: 'ERR_S2S_TLS_REQUIRED',
      status: 403,
    },
  ] as const) {
    it(`gives ${name} to the error handlers, with status and headers`, async () => {
      const { error, passed } = await send(story)
      assert.equal(passed, undefined)
      refusal(code)(error)
      assert.ok(error instanceof S2SError)
      assert.equal(error.status, status)
      assert.equal(error.headers?.['Cache-Control'], 'no-store')
      const { answer } = await send({ ...story, answersErrors: true })
      assert.equal(answer.status, status)
    })
  }

  for (const [name, authenticate] of Object.entries({
    'without options': {},
    'with session: true': { session: true },
    'with a session that is not exactly false': { session: 0 },
  })) {
    it(`signs nobody in: refuses to run ${name}, before the token is looked at`, async () => {
      const { error, passed } = await send({ authenticate, headers: bearer('a.b.c') })
      assert.equal(passed, undefined)
      assert.ok(error instanceof ConfigurationError)
      assert.match(error.message, /call passport\.authenticate\('s2s', \{ session: false \}\)$/)
      refusal('ERR_S2S_SESSION_REFUSED')(error)
    })
  }

  it('sees neither query nor body once it has the token', async () => {
    const parser: RequestHandler = (request, _response, next) => {
      Object.defineProperty(request, 'query', { value: { access_token: 'a' } })
      next()
    }
    assert.notEqual((await send({ headers: bearer(token), first: [parser] })).passed, undefined)
  })

  it("hands on an error of the application's callback", async () => {
    const bug = new TypeError('a bug')
    const { error, passed } = await send({ headers: bearer(token), verify: failing(bug) })
    assert.equal(passed, undefined)
    assert.equal(error, bug)
  })

  for (const thrown of [undefined, null, 0, 'route', 'router']) {
    it(`never lets pass when the callback throws ${String(thrown)}`, async () => {
      const { error, passed } = await send({ headers: bearer(token), verify: failing(thrown) })
      assert.equal(passed, undefined)
      assert.ok(error instanceof Error)
      assert.equal(error.cause, thrown)
    })
  }

  it('says nothing on a response that a time limit has answered meanwhile', async () => {
    const timeLimit: RequestHandler = (_request, response, next) => {
      response.status(504).end('too late')
      next()
    }
    const { answer, error } = await send({ headers: bearer('a.b.c'), first: [timeLimit] })
    assert.deepEqual([answer.status, answer.body, error], [504, 'too late', undefined])
  })
})

describe('S2SStrategy without Passport', () => {
  const requestWith = (authorization: string): Request =>
    ({ method: 'GET', url: '/', headers: { authorization }, socket: { encrypted: true } }) as unknown as Request

  /** The strategy object itself, as `passport.authenticate(strategy)` uses it: its verbs change with each request. */
  function authenticate(strategy: S2SStrategy, request: Request, given?: S2SAuthenticateOptions): Promise<unknown[]> {
    return new Promise((resolve) => {
      const verb =
        (name: string) =>
        (...parameters: unknown[]) => {
          resolve([name, ...parameters])
        }
      Object.assign(strategy, {
        success: verb('success'),
        fail: verb('fail'),
        error: verb('error'),
        pass: verb('pass'),
      })
      strategy.authenticate(request, given)
    })
  }

  it('keeps the verbs of each request apart', async () => {
    const strategy = new S2SStrategy(options)
    const answers = await Promise.all([
      authenticate(strategy, requestWith(`Bearer ${token}`), { session: false }),
      authenticate(strategy, requestWith('Bearer a.b.c'), { session: false }),
      authenticate(strategy, requestWith(`Bearer ${token}`)),
    ])
    assert.deepEqual(
      answers.map(([verb]) => verb),
      ['success', 'fail', 'error'],
    )
  })

  it('checks its options at once', () => {
    assert.throws(
      () => new S2SStrategy({ ...options, session: false } as S2SOptions),
      refusal('ERR_S2S_OPTION_UNKNOWN', /^options\.session is unknown/),
    )
  })
})
