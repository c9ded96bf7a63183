import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import express, { type Request } from 'express'
import {
  createS2S,
  UnavailableError,
  type AuditEvent,
  type S2SPrincipal,
  type S2SVerify,
  type S2SVerifyDone,
} from 'passport-s2s'
import { forms, guardOf, type Form } from '../support/guarded-app.ts'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const token = await world.oauth.token({ claims: { scope: 'reports.read' } })
const outOfOrder = new Error('the user directory is out of order')

interface VerifyCase {
  readonly name: string
  readonly passReqToCallback?: true
  readonly verify: S2SVerify
}

const accepting: readonly VerifyCase[] = [
  {
    name: 'done(null, user)',
    verify: (principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, accountOf(principal))
    },
  },
  {
    name: 'done(undefined, user, info) later',
    verify: (principal: S2SPrincipal, done: S2SVerifyDone) => {
      setTimeout(() => {
        done(undefined, accountOf(principal), { scope: 'all' })
      }, 5)
    },
  },
  {
    name: 'passReqToCallback and done',
    passReqToCallback: true,
    verify: (request: Request, principal: S2SPrincipal, done: S2SVerifyDone) => {
      assert.equal(request.path, '/reports/1')
      done(null, accountOf(principal))
    },
  },
  { name: 'a returned user', verify: (principal: S2SPrincipal) => accountOf(principal) },
  {
    name: 'a promised user',
    verify: async (principal: S2SPrincipal) => {
      await later()
      return accountOf(principal)
    },
  },
  {
    name: 'passReqToCallback and a promised user',
    passReqToCallback: true,
    verify: async (request: Request, principal: S2SPrincipal) => {
      await later()
      assert.equal(request.get('authorization')?.startsWith('Bearer '), true)
      return accountOf(principal)
    },
  },
  {
    name: 'the first of two answers: accepted, then refused',
    verify: (principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, accountOf(principal))
      done(null, false)
      done(outOfOrder)
    },
  },
]

const refusing: readonly VerifyCase[] = [
  {
    name: 'done(null, false)',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, false)
    },
  },
  {
    name: 'done(null, false, info), later and with the request',
    passReqToCallback: true,
    verify: (_request: Request, _principal: S2SPrincipal, done: S2SVerifyDone) => {
      setTimeout(() => {
        done(null, false, { message: 'a "secret" of the directory' })
      }, 5)
    },
  },
  {
    name: 'done(null)',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null)
    },
  },
  {
    name: 'done(null, null)',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, null)
    },
  },
  { name: 'a returned false', verify: (_principal: S2SPrincipal) => false },
  { name: 'a promised false', verify: (_principal: S2SPrincipal) => Promise.resolve(false) },
  { name: 'a function that gives nothing', verify: (_principal: S2SPrincipal) => undefined },
  {
    name: 'the first of two answers: refused, then accepted',
    verify: (principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, false)
      done(null, accountOf(principal))
    },
  },
]

const failing: readonly VerifyCase[] = [
  {
    name: 'done(error)',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(outOfOrder)
    },
  },
  {
    name: 'done(error, user): the error counts',
    passReqToCallback: true,
    verify: (_request: Request, principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(outOfOrder, accountOf(principal))
    },
  },
  {
    name: 'a function that throws',
    verify: (_principal: S2SPrincipal) => {
      throw outOfOrder
    },
  },
  {
    name: 'a function with done that throws',
    verify: (_principal: S2SPrincipal, _done: S2SVerifyDone) => {
      throw outOfOrder
    },
  },
  {
    name: 'an async function that throws',
    verify: async (_principal: S2SPrincipal) => {
      await later()
      throw outOfOrder
    },
  },
  {
    name: 'an async function with done that throws',
    verify: async (_principal: S2SPrincipal, _done: S2SVerifyDone) => {
      await later()
      throw outOfOrder
    },
  },
]

const directoryIsDown = (): UnavailableError =>
  new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE', 'the directory does not answer')

const unavailable: readonly VerifyCase[] = [
  {
    name: 'done(error)',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(directoryIsDown())
    },
  },
  { name: 'a rejected promise', verify: (_principal: S2SPrincipal) => Promise.reject(directoryIsDown()) },
]

for (const form of forms) {
  describe(`verify callbacks (${form})`, () => {
    for (const verifyCase of accepting) {
      it(`accepts: ${verifyCase.name}`, async () => {
        const { answer, app } = await callOnce(form, verifyCase)
        assert.equal(answer.status, 200, answer.body)
        assert.deepEqual(JSON.parse(answer.body), { user: { account: 'reporting' }, principal: 'reporting' })
        assert.equal(app.handlerCalls(), 1)
        assert.deepEqual(namesOf(app.events), ['token.accepted', 'access.allowed'])
      })
    }

    for (const verifyCase of refusing) {
      it(`refuses the caller: ${verifyCase.name}`, async () => {
        const { answer, app } = await callOnce(form, verifyCase)
        assert.equal(answer.status, 401)
        assert.deepEqual(JSON.parse(answer.body), {
          error: 'invalid_token',
          error_description: 'The caller was refused.',
        })
        assert.equal(
          answer.headers['www-authenticate'],
          `Bearer realm="${world.options.self?.realm ?? ''}", error="invalid_token", error_description="The caller was refused."`,
        )
        assert.equal(app.handlerCalls(), 0)
        const refusal = app.events.at(-1)
        assert.deepEqual(namesOf(app.events), ['token.accepted', 'access.denied'])
        assert.equal(refusal?.code, 'ERR_S2S_CALLER_REFUSED')
        assert.equal(refusal.application?.id, 'reporting')
      })
    }

    for (const verifyCase of failing) {
      it(`hands on the very error: ${verifyCase.name}`, async () => {
        const { answer, app } = await callOnce(form, verifyCase)
        assert.equal(answer.status, 500)
        assert.deepEqual(app.failures, [outOfOrder])
        assert.equal(app.failures[0], outOfOrder)
        assert.equal(app.handlerCalls(), 0)
      })
    }

    it('turns an error that is none into one', async () => {
      const verify = (_principal: S2SPrincipal, done: S2SVerifyDone): void => {
        done('out of order')
      }
      const { answer, app } = await callOnce(form, { name: '', verify })
      assert.equal(answer.status, 500)
      const [failure] = app.failures
      assert.ok(failure instanceof Error)
      assert.equal(failure.cause, 'out of order')
      assert.equal(app.handlerCalls(), 0)
    })

    for (const verifyCase of unavailable) {
      it(`answers an outage that the callback reports with 503: ${verifyCase.name}`, async () => {
        const { answer, app } = await callOnce(form, verifyCase)
        assert.equal(answer.status, 503)
        assert.equal(answer.headers['retry-after'], '10')
        assert.equal(answer.headers['www-authenticate'], undefined)
        assert.deepEqual(JSON.parse(answer.body), {
          error: 'temporarily_unavailable',
          error_description: 'The user profiles cannot be reached.',
        })
        assert.deepEqual(namesOf(app.events), ['token.accepted', 'verifier.unavailable'])
        assert.equal(app.events.at(-1)?.code, 'ERR_S2S_PROFILES_UNAVAILABLE')
        assert.equal(app.handlerCalls(), 0)
      })
    }

    it('asks nobody about a token that is refused', async () => {
      const asked: unknown[] = []
      const verify = (principal: S2SPrincipal): unknown => asked.push(principal)
      const bad = await world.oauth.token({ claims: { exp: 1 } })
      const { answer } = await callOnce(form, { name: '', verify }, bad)
      assert.equal(answer.status, 401)
      assert.deepEqual(asked, [])
    })

    it('gives the callback a frozen principal', async () => {
      const verify = (principal: S2SPrincipal): unknown => {
        assert.ok(Object.isFrozen(principal) && Object.isFrozen(principal.application))
        assert.throws(() => Object.assign(principal.application, { id: 'somebody else' }), TypeError)
        return accountOf(principal)
      }
      assert.equal((await callOnce(form, { name: '', verify })).answer.status, 200)
    })
  })
}

describe('a caller that was refused', () => {
  it('is not registered for the request', async () => {
    const s2s = createS2S(world.options, () => false)
    const codes: unknown[] = []
    const app = express()
    app.use(s2s.protect({ 'GET /reports/:id': 'reports.read' }))
    app.use(((error, _request, _response, next) => {
      next(error)
    }) satisfies express.ErrorRequestHandler)
    const server = await startHttpsServer((request, response) => {
      response.on('finish', () => {
        try {
          s2s.principalOf(request)
        } catch (error) {
          codes.push((error as { code?: unknown }).code)
        }
      })
      app(request as Request, response)
    })
    const answer = await sendRaw(server, { headers: [['Authorization', `Bearer ${token}`]] })
    assert.equal(answer.status, 401)
    assert.deepEqual(codes, ['ERR_S2S_NOT_PROTECTED'])
    await server.close()
  })
})

interface VerifyingApp extends LocalServer {
  readonly events: readonly AuditEvent[]
  readonly failures: readonly unknown[]
  handlerCalls(): number
}

async function startVerifyingApp(form: Form, { verify, passReqToCallback }: VerifyCase): Promise<VerifyingApp> {
  const events: AuditEvent[] = []
  const failures: unknown[] = []
  let calls = 0
  const options = { ...world.options, ...(passReqToCallback === undefined ? {} : { passReqToCallback }) }
  const s2s = createS2S({ ...options, onAuditEvent: (event) => events.push(event) }, verify)
  const app = express()
  app.use(...guardOf(s2s, { form, resources: { 'GET /reports/:id': 'reports.read' } }))
  app.get('/reports/:id', (request, response) => {
    calls += 1
    response.json({ user: request.user, principal: s2s.principalOf(request).application.id })
  })
  app.use(s2s.errorResponder())
  app.use(((error, _request, response, _next) => {
    failures.push(error)
    response.status(500).end()
  }) satisfies express.ErrorRequestHandler)
  return { ...(await startHttpsServer(app)), events, failures, handlerCalls: () => calls }
}

async function callOnce(
  form: Form,
  verifyCase: VerifyCase,
  bearer: string = token,
): Promise<{ readonly answer: RawAnswer; readonly app: VerifyingApp }> {
  const app = await startVerifyingApp(form, verifyCase)
  const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${bearer}`]] })
  await app.close()
  return { answer, app }
}

function accountOf({ application }: S2SPrincipal): object {
  return { account: application.id }
}

function namesOf(events: readonly AuditEvent[]): readonly string[] {
  return events.map(({ name }) => name)
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}
