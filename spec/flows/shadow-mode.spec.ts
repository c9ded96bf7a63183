import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Request, RequestHandler } from 'express'
import { decisionOf, type AuditEvent, type Resources, type S2SDecision, type S2SOptions } from 'passport-s2s'
import { forms, startGuardedApp, type GuardedApp, type GuardedAppOptions } from '../support/guarded-app.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { options, farm, oauth } = world
const reader = await oauth.token({ claims: { scope: 'reports.read' } })
const appOnly = await farm.appOnlyToken()
const forDana = await farm.userToken(dana)

const resources: Resources = {
  'GET /reports/:id': 'reports.read',
  'GET /tried/scope': { scope: 'reports.write', shadow: true },
  'GET /tried/any': { anyOf: ['a', 'b'], shadow: true },
  'GET /tried/own': { allows: () => false, shadow: true },
  'GET /tried/held': { scope: 'reports.read', shadow: true },
  'PUT /reports/:id': 'reports.write',
}

/** An application whose handlers keep what `decisionOf` says. */
async function start(
  given: Omit<GuardedAppOptions, 'resources'> & { readonly resources?: Resources },
  extra: RequestHandler[] = [],
): Promise<{ app: GuardedApp; decisions: S2SDecision[] }> {
  const decisions: S2SDecision[] = []
  const keep: RequestHandler = (request: Request, _response, next) => {
    decisions.push(decisionOf(request))
    next()
  }
  const app = await startGuardedApp({
    resources,
    ...given,
    assemble: (server, { guard, handler }) => server.use(...guard, ...extra, keep, handler),
  })
  return { app, decisions }
}

const send = (app: GuardedApp, token: string, path: string, method = 'GET'): Promise<RawAnswer> =>
  sendRaw(app, { method, path, headers: [['Authorization', `Bearer ${token}`]] })

const accessEvents = (events: readonly AuditEvent[]): Partial<AuditEvent>[] =>
  events.flatMap(({ name, outcome, code, resource, missing, shadow, application }) =>
    name.startsWith('access.') ? [{ name, outcome, code, resource, missing, shadow, application }] : [],
  )

for (const form of forms) {
  describe(`a rule that is only tried (${form})`, () => {
    let app: GuardedApp
    let decisions: S2SDecision[]
    before(async () => {
      ;({ app, decisions } = await start({ form, s2s: options }))
    })
    after(() => app.close())

    it('is told at start, by name', () => {
      const told = app.events.filter(({ name }) => name === 'shadow-mode.on')
      assert.equal(told.length, 1)
      assert.match(told[0]?.reason ?? '', /GET \/tried\/scope, GET \/tried\/any, GET \/tried\/own, GET \/tried\/held$/)
    })

    for (const { path, missing } of [
      { path: '/tried/scope', missing: ['reports.write'] },
      { path: '/tried/any', missing: ['a', 'b'] },
      { path: '/tried/own', missing: [] },
    ]) {
      it(`lets pass whom it would refuse, says so and counts it, again and again: ${path}`, async () => {
        const code = 'ERR_S2S_SCOPE_MISSING'
        const first = app.events.length
        for (let count = 1; count < 4; count += 1) {
          const { status, headers } = await send(app, reader, path)
          assert.deepEqual([status, headers['x-handler']], [200, 'ran'])
          assert.ok(headers['strict-transport-security'] !== undefined)
          const decision = decisions.at(-1)
          assert.ok(decision?.allowed)
          assert.deepEqual(decision.shadow, { code, missing, by: 'rule' })
          assert.equal(decision.derivation.conclusion, code)
          const counted = app.s2s.shadowReport().refusals.find(({ rule }) => rule === `GET ${path}`)
          const application = { id: 'reporting' }
          assert.deepEqual(counted, { rule: `GET ${path}`, issuer: 'login', application, kind: 'app', code, count })
        }
        const resource = `GET ${path}`
        const event = { name: 'access.would-be-refused', outcome: 'notice', code, resource, missing, shadow: 'rule' }
        assert.deepEqual(
          accessEvents(app.events.slice(first)),
          Array.from({ length: 3 }, () => ({ ...event, application: { id: 'reporting' } })),
        )
      })
    }

    it('is an allowance like any other for whom it allows', async () => {
      assert.equal((await send(app, reader, '/tried/held')).status, 200)
      assert.equal(decisions.at(-1)?.shadow, undefined)
      assert.equal(app.events.at(-1)?.name, 'access.allowed')
    })

    it('changes nothing for the rules beside it, nor for what is not listed', async () => {
      const calls = app.handlerCalls()
      for (const [method, path] of [
        ['PUT', '/reports/1'],
        ['POST', '/tried/scope'],
        ['GET', '/tried'],
        ['GET', '/else'],
      ] as const) {
        const { status } = await send(app, reader, path, method)
        assert.equal(status, 403)
        assert.equal(app.events.at(-1)?.name, 'access.denied')
      }
      assert.equal(app.handlerCalls(), calls)
    })
  })

  describe(`an issuer whose callers are only tried (${form})`, () => {
    const tried: S2SOptions = {
      ...options,
      userRights: () => [],
      trustedIssuers: options.trustedIssuers.map((issuer) =>
        issuer.name === 'farm' || issuer.name === 'login' ? { ...issuer, shadow: true } : issuer,
      ),
    }
    let app: GuardedApp
    let decisions: S2SDecision[]
    before(async () => {
      ;({ app, decisions } = await start({ form, s2s: tried }))
    })
    after(() => app.close())

    for (const { name, token, method, code } of [
      { name: 'an OAuth token without the scope', token: reader, method: 'PUT', code: 'ERR_S2S_SCOPE_MISSING' },
      { name: 'an application without the grant', token: appOnly, method: 'PUT', code: 'ERR_S2S_GRANT_MISSING' },
      { name: 'a user without the right', token: forDana, method: 'GET', code: 'ERR_S2S_USER_RIGHT_MISSING' },
    ]) {
      it(`lets pass ${name}`, async () => {
        for (let count = 0; count < 2; count += 1) {
          assert.equal((await send(app, token, '/reports/1', method)).status, 200)
          assert.deepEqual([decisions.at(-1)?.shadow?.code, decisions.at(-1)?.shadow?.by], [code, 'issuer'])
          assert.deepEqual([app.events.at(-1)?.name, app.events.at(-1)?.shadow], ['access.would-be-refused', 'issuer'])
        }
      })
    }

    it('refuses them what no rule is about', async () => {
      const calls = app.handlerCalls()
      assert.equal((await send(app, reader, '/else')).status, 403)
      assert.equal(app.handlerCalls(), calls)
      assert.equal(app.events.at(-1)?.code, 'ERR_S2S_RESOURCE_NOT_LISTED')
    })

    it('refuses the callers of other issuers', async () => {
      const calls = app.handlerCalls()
      const token = await world.otherOAuth.token({ claims: { scope: 'reports.read' } })
      assert.equal((await send(app, token, '/reports/1', 'PUT')).status, 403)
      assert.equal(app.handlerCalls(), calls)
    })

    it('refuses again, with the token that was remembered, once the issuer is trusted without it', async () => {
      assert.equal((await send(app, reader, '/reports/1', 'PUT')).status, 200)
      const calls = app.handlerCalls()
      assert.ok(app.s2s.trustedIssuers.remove('login'))
      app.s2s.trustedIssuers.add(options.trustedIssuers.find(({ name }) => name === 'login') as never)
      assert.equal((await send(app, reader, '/reports/1', 'PUT')).status, 403)
      assert.equal(app.handlerCalls(), calls)
    })
  })
}

describe('a permission for one route that is only tried', () => {
  it('lets pass whom it would refuse, and the decision of the table shows it', async () => {
    const late: { guard?: RequestHandler } = {}
    const { app, decisions } = await start({ form: 'protect', s2s: options }, [(...call) => late.guard?.(...call)])
    late.guard = app.s2s.requirePermission({ scope: 'reports.own', shadow: true })
    assert.equal((await send(app, reader, '/reports/1')).status, 200)
    assert.equal(decisions[0]?.resource, 'GET /reports/:id')
    assert.deepEqual(decisions[0].shadow?.missing, ['reports.own'])
    assert.equal(app.s2s.shadowReport().refusals[0]?.rule, 'requirePermission reports.own')
    await app.close()
  })
})

describe('entries that judge one request together', () => {
  const table = (second: Resources[string]): Resources => ({
    'GET /Reports/own': 'reports.read',
    'GET /reports/:id': second,
  })
  it('let pass when one of them is only tried, and say so', async () => {
    const shadowed = table({ scope: 'reports.write', shadow: true })
    const { app, decisions } = await start({ form: 'protect', s2s: options, resources: shadowed })
    assert.equal((await send(app, reader, '/reports/own')).status, 200)
    assert.equal(decisions[0]?.resource, 'GET /Reports/own')
    assert.deepEqual(decisions[0].shadow?.missing, ['reports.write'])
    await app.close()
  })

  it('refuse when another one does', async () => {
    const resources = { ...table('reports.write'), 'GET /Reports/own': { scope: 'reports.write', shadow: true } }
    const { app } = await start({ form: 'protect', s2s: options, resources })
    assert.equal((await send(app, reader, '/reports/own')).status, 403)
    assert.equal(app.handlerCalls(), 0)
    await app.close()
  })
})
