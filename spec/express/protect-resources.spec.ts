import assert from 'node:assert/strict'
import { settle } from '../../lib/foundation/when-ready.ts'
import { describe, it } from 'node:test'
import type { Request, RequestHandler } from 'express'
import { createServer, type S2SOptions, type S2SServer } from '../../lib/express/authenticate-request.ts'
import { createErrorResponder } from '../../lib/express/error-responder.ts'
import {
  createProtectResources,
  createRequirePermission,
  protectResources,
  requirePermission,
} from '../../lib/express/protect-resources.ts'
import { decisionOf, principalOf } from '../../lib/express/request-record.ts'
import type { ResourceOptions, Resources } from '../../lib/express/resource-guard.ts'
import { RunningServer } from '../../lib/express/running-server.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { bearer, sendThrough, type Outcome } from '../support/one-request.ts'
import { refusal } from '../support/refusal.ts'
import type { RawRequest } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const { options, oauth, farm } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const userToken = await farm.userToken(dana)
const resources = { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write', 'GET /health': 'public' }

const serverWith = (changes: Partial<S2SOptions> = {}): S2SServer => createServer({ ...options, ...changes })
const server = serverWith()
const owner = new RunningServer(server)

const protectBy = (table: Resources, resourceOptions?: ResourceOptions): RequestHandler =>
  createProtectResources(owner, owner.guardsFor(table, resourceOptions))

/** What `passport.authenticate` does, without its answers. */
const authenticating =
  (by: S2SServer): RequestHandler =>
  (request, _response, next) => {
    const given = request.headers.authorization?.slice('Bearer '.length)
    if (given === undefined) next()
    else
      settle(() => by.authenticate(request, { kind: 'token', token: given, scheme: 'bearer' }), {
        done: () => {
          next()
        },
        failed: next,
      })
  }

interface Story extends RawRequest {
  readonly guard?: RequestHandler
  readonly by?: S2SServer
  readonly first?: readonly RequestHandler[]
  readonly plainHttp?: boolean
}

const send = ({ guard = protectBy(resources), by = server, first = [], ...request }: Story): Promise<Outcome> =>
  sendThrough({
    middleware: [authenticating(by), ...first, guard],
    errorHandler: createErrorResponder(),
    ...request,
  })

const withToken = { headers: bearer(token) }

describe('createProtectResources', () => {
  it('lets a caller pass who may, with decision and HSTS', async () => {
    const { passed, answer } = await send(withToken)
    assert.ok(passed !== undefined)
    assert.equal(principalOf(passed).application.id, 'reporting')
    assert.deepEqual(decisionOf(passed), { resource: 'GET /reports/:id', required: ['reports.read'], allowed: true })
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
  })

  it('lets anybody pass to what is public', async () => {
    assert.notEqual((await send({ path: '/health' })).passed, undefined)
  })

  for (const { name, story, status } of [
    { name: 'nobody', story: {}, status: 401 },
    { name: 'a caller who lacks something', story: { ...withToken, method: 'PUT' }, status: 403 },
    { name: 'what is not listed', story: { ...withToken, path: '/nothing' }, status: 403 },
    { name: 'an ambiguous path', story: { ...withToken, path: '/reports//1' }, status: 400 },
    { name: 'plain http', story: { path: '/health', plainHttp: true }, status: 403 },
  ]) {
    it(`refuses ${name} with ${status}`, async () => {
      const { passed, answer } = await send(story)
      assert.equal(passed, undefined)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['cache-control'], 'no-store')
    })
  }

  it('believes no caller that another server authenticated', async () => {
    assert.equal((await send({ ...withToken, by: serverWith() })).answer.status, 401)
  })

  it('believes no user that merely looks like a caller', async () => {
    const forge: RequestHandler = (request, _response, next) => {
      request.user = { kind: 'app', application: { id: 'forged' }, permissions: ['reports.read'] }
      next()
    }
    assert.equal((await send({ first: [forge] })).answer.status, 401)
  })

  it('lets a preflight pass where that was asked for, but none of a caller', async () => {
    const guard = protectBy(resources, { preflight: 'pass' })
    const preflight = [
      ['Origin', 'https://a'],
      ['Access-Control-Request-Method', 'GET'],
    ] as const
    assert.notEqual((await send({ guard, method: 'OPTIONS', headers: preflight })).passed, undefined)
    const ofCaller = await send({ guard, method: 'OPTIONS', headers: [...preflight, ...bearer(token)] })
    assert.equal(ofCaller.answer.status, 403)
  })

  it('has a name for stack traces and routers', () => {
    assert.equal(protectBy(resources).name, 'protectResourcesMiddleware')
    assert.equal(createRequirePermission(owner, 'a').name, 'requirePermissionMiddleware')
  })

  for (const thrown of [undefined, null, 'route', new TypeError('a bug')]) {
    it(`hands on as an error what a function of the application throws: ${String(thrown)}`, async () => {
      const failing = async (): Promise<never> => {
        await Promise.resolve()
        throw thrown as Error
      }
      const guard = protectBy({ 'GET /reports/:id': failing })
      const { passed, error } = await send({ ...withToken, guard })
      assert.equal(passed, undefined)
      assert.ok(error instanceof Error)
      if (thrown instanceof Error) assert.equal(error, thrown)
    })
  }
})

describe('createRequirePermission', () => {
  const guardOf = (requirement: string): RequestHandler => createRequirePermission(owner, requirement)

  it('lets a caller pass who holds the permission, and keeps what was decided', async () => {
    const { passed } = await send({ ...withToken, guard: guardOf('reports.read') })
    assert.ok(passed !== undefined)
    assert.deepEqual(decisionOf(passed), { resource: 'requirePermission', required: ['reports.read'], allowed: true })
  })

  it('leaves the decision of the resource table where there is one', async () => {
    const first = [protectBy(resources)]
    const { passed } = await send({ ...withToken, first, guard: guardOf('authenticated') })
    assert.ok(passed !== undefined)
    assert.equal(decisionOf(passed).resource, 'GET /reports/:id')
  })

  it('refuses what the caller lacks, nobody, and plain http', async () => {
    assert.equal((await send({ ...withToken, guard: guardOf('reports.write') })).answer.status, 403)
    assert.equal((await send({ guard: guardOf('authenticated') })).answer.status, 401)
    assert.equal((await send({ guard: guardOf('public'), plainHttp: true })).answer.status, 403)
  })

  it('lets anybody pass to what is public', async () => {
    const { passed } = await send({ guard: guardOf('public') })
    assert.ok(passed !== undefined)
    assert.throws(() => decisionOf(passed), refusal('ERR_S2S_NOT_PROTECTED'))
  })

  it('checks the requirement at start', () => {
    assert.throws(() => guardOf('a b'), refusal('ERR_S2S_OPTION_INVALID', /^requirePermission /))
  })
})

describe('guards that stand alone', () => {
  const standAlone = (given: object = {}): RequestHandler => protectResources(resources, given)

  it('believe the caller of any server, and nobody else', async () => {
    for (const by of [server, serverWith()]) {
      assert.notEqual((await send({ ...withToken, by, guard: standAlone() })).passed, undefined)
      assert.notEqual((await send({ ...withToken, by, guard: requirePermission('reports.read') })).passed, undefined)
    }
    const { answer } = await send({ guard: standAlone({ realm: 'r' }) })
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="r"')
    assert.equal((await send({ guard: requirePermission('authenticated') })).answer.status, 401)
  })

  it("answer in the realm of the caller's server unless they have one", async () => {
    const realmOf = async (given: object): Promise<string | undefined> =>
      (await send({ ...withToken, method: 'PUT', guard: standAlone(given) })).answer.headers['www-authenticate']
    assert.match(
      (await realmOf({})) ?? '',
      new RegExp(`^Bearer realm="${options.self?.realm ?? ''}", scope="reports.write"`),
    )
    assert.match((await realmOf({ realm: 'r' })) ?? '', /^Bearer realm="r", scope="reports.write"/)
  })

  it('ask their own userRights, else those of the server', async () => {
    const by = serverWith({ userRights: 'checked-by-handler' })
    const asUser = { by, headers: bearer(userToken) }
    const asked: unknown[] = []
    const userRights = (user: unknown, request: Request): readonly string[] => {
      asked.push([user, request.path])
      return []
    }
    assert.notEqual((await send({ ...asUser, guard: standAlone() })).passed, undefined)
    for (const guard of [standAlone({ userRights }), requirePermission('reports.read', { userRights })]) {
      const { passed, answer } = await send({ ...asUser, guard })
      assert.equal(passed, undefined)
      assert.equal(answer.status, 403)
    }
    assert.equal(asked.length, 2)
    assert.equal(
      (await send({ by: serverWith({ userRights: () => [] }), headers: bearer(userToken), guard: standAlone() })).answer
        .status,
      403,
    )
  })

  it('tell their own listener, else that of the server', async () => {
    const heard: string[] = []
    const listener = (who: string) => ({ onAuditEvent: ({ name }: AuditEvent) => heard.push(`${who} ${name}`) })
    const by = serverWith(listener('server'))
    await send({ ...withToken, by, guard: standAlone() })
    await send({ ...withToken, by, guard: standAlone(listener('guard')) })
    assert.deepEqual(heard, [
      'server token.accepted',
      'server access.allowed',
      'server token.accepted',
      'guard access.allowed',
    ])
  })

  it('take the options of the table', async () => {
    const guard = protectResources({ 'GET /reports/*rest': 'public' }, { pathSyntax: 'express5', preflight: 'pass' })
    assert.notEqual((await send({ path: '/reports/a/b', guard })).passed, undefined)
  })

  it('check their options at start', () => {
    for (const made of [() => standAlone({ realms: 'r' }), () => requirePermission('a', { realms: 'r' } as object)]) {
      assert.throws(made, refusal('ERR_S2S_OPTION_UNKNOWN', 'options.realms is unknown; did you mean `realm`?'))
    }
    assert.throws(() => standAlone({ pathSyntax: 'express4' }), refusal('ERR_S2S_OPTION_INVALID', /pathSyntax/))
  })
})
