import assert from 'node:assert/strict'
import express, { type RequestHandler } from 'express'
import { after, before, describe, it } from 'node:test'
import { Passport } from 'passport'
import {
  createErrorResponder,
  principalOf,
  protectResources,
  requirePermission,
  requireTls,
  S2SStrategy,
} from 'passport-s2s'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const readToken = await oauth.token({ claims: { scope: 'reports.read' } })
const otherToken = await oauth.token({ claims: { scope: 'reports.reader' } })

/** A strategy and guards that know nothing of each other but the request, all with no options of their own. */
function makeApp(): express.Express {
  const passport = new Passport()
  passport.use(new S2SStrategy(options))
  const authenticate = passport.authenticate('s2s', { session: false, failWithError: true }) as RequestHandler
  const answer: RequestHandler = (request, response) => {
    response.json(principalOf(request).application.id)
  }
  const app = express()
  app.get('/open', requireTls(), (_request, response) => response.json('open'))
  app.get('/forgotten', protectResources({ 'GET /forgotten': 'reports.read' }), answer)
  app.get('/forged', forgeUser, protectResources({ 'GET /forged': 'authenticated' }), answer)
  app.get('/reports/:id', authenticate, protectResources({ 'GET /reports/:id': 'reports.read' }), answer)
  app.get('/archive', authenticate, requirePermission('reports.read'), answer)
  app.use(createErrorResponder())
  return app
}

/** Another strategy, or a session: a user of our shape that no verification registered. */
const forgeUser: RequestHandler = (request, _response, next) => {
  request.user = { kind: 'app', application: { id: 'forged' }, permissions: ['reports.read'] }
  next()
}

describe('guards that stand alone', () => {
  let server: LocalServer
  let plain: LocalServer
  before(async () => {
    server = await startHttpsServer(makeApp())
    plain = await startHttpServer(makeApp())
  })
  after(() => Promise.all([server.close(), plain.close()]))

  async function get(path: string, token?: string, from = server): Promise<string> {
    const headers = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]
    const { status, body } = await sendRaw(from, { path, headers })
    const answer = JSON.parse(body) as string | { error?: string }
    return `${status} ${typeof answer === 'string' ? answer : (answer.error ?? '-')}`
  }

  it('believe the caller that a strategy registered', async () => {
    assert.equal(await get('/reports/1', readToken), '200 reporting')
    assert.equal(await get('/archive', readToken), '200 reporting')
  })

  it('refuse what the caller may not', async () => {
    assert.equal(await get('/reports/1', otherToken), '403 insufficient_scope')
    assert.equal(await get('/archive', otherToken), '403 insufficient_scope')
  })

  it('refuse a request that nobody authenticated, whatever user it has', async () => {
    assert.equal(await get('/forgotten', readToken), '401 -')
    assert.equal(await get('/forged', readToken), '401 -')
    assert.equal(await get('/forged'), '401 -')
  })

  it('refuse plain http', async () => {
    for (const path of ['/open', '/reports/1', '/archive', '/forgotten', '/forged']) {
      assert.equal(await get(path, readToken, plain), '403 insufficient_transport_security')
    }
    assert.equal(await get('/open'), '200 open')
  })

  it('check their options at start', () => {
    for (const userRights of ['checked', true, {}, null]) {
      assert.throws(() => protectResources({ 'GET /': 'public' }, { userRights: userRights as never }), {
        code: 'ERR_S2S_OPTION_INVALID',
      })
    }
    assert.throws(() => requireTls({ realms: 'x' } as object), { code: 'ERR_S2S_OPTION_UNKNOWN' })
    protectResources({ 'GET /': 'public' }, { userRights: 'checked-by-handler' })
    protectResources({ 'GET /': 'public' }, { userRights: () => [] })
  })
})
