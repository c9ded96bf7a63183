import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestHandler } from 'express'
import { createServer, type S2SOptions } from '../../lib/express/authenticate-request.ts'
import { createProtect } from '../../lib/express/protect.ts'
import { RunningServer } from '../../lib/express/running-server.ts'
import { decisionOf, principalOf } from '../../lib/express/request-record.ts'
import type { ResourceOptions, Resources } from '../../lib/express/resource-guard.ts'
import type { S2SVerify } from '../../lib/express/verify-call.ts'
import { bearer, sendThrough, type Outcome } from '../support/one-request.ts'
import { refusal } from '../support/refusal.ts'
import type { RawRequest } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const { options, oauth, farm } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const userToken = await farm.userToken(dana)
const failing = (thrown: unknown) => async (): Promise<never> => {
  await Promise.resolve()
  throw thrown as Error
}

const resources: Resources = {
  'GET /reports/:id': 'reports.read',
  'PUT /reports/:id': 'reports.write',
  'GET /health': 'public',
}

interface Story extends RawRequest {
  readonly table?: Resources
  readonly resourceOptions?: ResourceOptions
  readonly server?: Partial<S2SOptions>
  readonly verify?: S2SVerify
  readonly first?: readonly RequestHandler[]
  readonly plainHttp?: boolean
}

interface Refused {
  readonly name: string
  readonly story: Story
  readonly status: number
  readonly error: string | undefined
  /** Default: yes. */
  readonly challenged?: boolean
}

const send = ({
  table = resources,
  resourceOptions,
  server,
  verify,
  first = [],
  ...request
}: Story): Promise<Outcome> => {
  const guard = createProtect(
    new RunningServer(createServer({ ...options, ...server }, { verify })),
    table,
    resourceOptions,
  )
  return sendThrough({ middleware: [...first, guard], ...request })
}

const errorOf = ({ answer }: Outcome): unknown => (JSON.parse(answer.body) as { error?: unknown }).error

describe('createProtect', () => {
  it('lets a caller pass who may, with principal, decision and HSTS', async () => {
    const { answer, passed } = await send({ headers: bearer(token) })
    assert.ok(passed !== undefined)
    assert.equal(passed.user, principalOf(passed))
    assert.equal(principalOf(passed).application.id, 'reporting')
    assert.equal(decisionOf(passed).resource, 'GET /reports/:id')
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
  })

  it('puts the user of the verify callback on the request', async () => {
    const { passed } = await send({ headers: bearer(token), verify: () => ({ account: 5 }) })
    assert.deepEqual(passed?.user, { account: 5 })
  })

  it('lets anybody pass to what is public, without a principal', async () => {
    const { passed } = await send({ path: '/health' })
    assert.ok(passed !== undefined)
    assert.equal(passed.user, undefined)
    assert.throws(() => principalOf(passed), refusal('ERR_S2S_NOT_PROTECTED'))
    assert.equal(decisionOf(passed).resource, 'GET /health')
  })

  for (const { name, story, status, error, challenged } of [
    { name: 'no credential', story: {}, status: 401, error: undefined },
    { name: 'the empty credential', story: { headers: [['Authorization', 'Bearer']] }, status: 401, error: undefined },
    {
      name: 'another scheme, also to what is public',
      story: { path: '/health', headers: [['Authorization', 'Basic YTpi']] },
      status: 401,
      error: undefined,
    },
    { name: 'a bad token', story: { headers: bearer('a.b.c') }, status: 401, error: 'invalid_token' },
    {
      name: 'a bad token to what is public',
      story: { path: '/health', headers: bearer('a.b.c') },
      status: 401,
      error: 'invalid_token',
    },
    {
      name: 'a refused caller',
      story: { headers: bearer(token), verify: () => false },
      status: 401,
      error: 'invalid_token',
    },
    {
      name: 'what the caller lacks',
      story: { method: 'PUT', headers: bearer(token) },
      status: 403,
      error: 'insufficient_scope',
    },
    {
      name: 'what is not listed',
      story: { path: '/nothing', headers: bearer(token) },
      status: 403,
      error: 'insufficient_scope',
    },
    { name: 'a token in the query', story: { path: '/health?access_token=a' }, status: 400, error: 'invalid_request' },
    {
      name: 'an ambiguous path',
      story: { path: '//health' },
      status: 400,
      error: 'invalid_request',
      challenged: false,
    },
    {
      name: 'plain http',
      story: { path: '/health', plainHttp: true },
      status: 403,
      error: 'insufficient_transport_security',
      challenged: false,
    },
  ] as readonly Refused[]) {
    it(`refuses ${name} with ${status}`, async () => {
      const outcome = await send(story)
      assert.equal(outcome.passed, undefined)
      assert.equal(outcome.error, undefined)
      assert.equal(outcome.answer.status, status)
      assert.equal(errorOf(outcome), error)
      assert.equal(outcome.answer.headers['cache-control'], 'no-store')
      assert.equal(outcome.answer.headers['www-authenticate'] !== undefined, challenged ?? true)
    })
  }

  it('writes problem details where the server does', async () => {
    for (const headers of [[], bearer('a.b.c')]) {
      const { answer } = await send({ headers, server: { problemDetails: true } })
      assert.equal(answer.headers['content-type'], 'application/problem+json')
    }
  })

  it('lets a preflight pass where that was asked for, but none with a token', async () => {
    const preflight = {
      method: 'OPTIONS',
      resourceOptions: { preflight: 'pass' },
      headers: [
        ['Origin', 'https://a'],
        ['Access-Control-Request-Method', 'GET'],
      ],
    } as const
    assert.notEqual((await send(preflight)).passed, undefined)
    assert.equal((await send({ ...preflight, resourceOptions: {} })).answer.status, 401)
    const withToken = await send({ ...preflight, headers: [...preflight.headers, ...bearer(token)] })
    assert.equal(withToken.answer.status, 403)
  })

  it('hands on an error of the application', async () => {
    const bug = new TypeError('a bug')
    const { error, passed } = await send({ headers: bearer(token), verify: failing(bug) })
    assert.equal(error, bug)
    assert.equal(passed, undefined)
  })

  describe('never lets pass what an application throws that is no error', () => {
    for (const thrown of [undefined, null, 0, 'route', 'router']) {
      for (const { where, story } of [
        { where: 'the verify callback', story: { headers: bearer(token), verify: failing(thrown) } },
        {
          where: "a resource's function",
          story: { headers: bearer(token), table: { 'GET /reports/:id': failing(thrown) } },
        },
        {
          where: 'userRights',
          story: { headers: bearer(userToken), server: { userRights: failing(thrown) } },
        },
      ]) {
        it(`${String(thrown)} of ${where}`, async () => {
          const { error, passed } = await send(story)
          assert.equal(passed, undefined)
          assert.ok(error instanceof Error)
          assert.equal(error.cause, thrown)
        })
      }
    }
  })

  it('leaves a response alone that a time limit has answered meanwhile', async () => {
    const timeLimit: RequestHandler = (_request, response, next) => {
      response.status(504).end('too late')
      next()
    }
    for (const headers of [[], bearer('a.b.c')]) {
      const { answer, error } = await send({
        headers,
        first: [timeLimit],
        server: { hsts: false },
      })
      assert.deepEqual([answer.status, answer.body, error], [504, 'too late', undefined])
    }
  })

  it('checks table and options at start', () => {
    const server = new RunningServer(createServer(options))
    assert.throws(() => createProtect(server, { 'GET /a': '' }), refusal('ERR_S2S_OPTION_INVALID'))
    assert.throws(
      () => createProtect(server, {}, { preflight: 'allow' } as object),
      refusal('ERR_S2S_OPTION_INVALID', /^options\.preflight/),
    )
  })
})
