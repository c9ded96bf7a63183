import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import express, { type Express } from 'express'
import request from 'supertest'
import { ConfigurationError, createS2S, type S2S, type S2SServerOptions } from 'passport-s2s'
import { forms, guardOf, type Form } from '../support/guarded-app.ts'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeWorld, oauthAudience, self } from '../support/world.ts'

const { oauth, farm, options } = await makeWorld()
const path = '/.well-known/oauth-protected-resource'
const pointer = `resource_metadata="${oauthAudience}${path}"`
const resources = {
  'GET /reports/:id': 'reports.read',
  'PUT /reports/:id': ['reports.read', 'reports.write'],
  'GET /search': { anyOf: ['reports.read', 'search.read'] },
  'POST /reports': { scope: 'reports.create', appRole: 'Reports.Create.All' },
}

interface Service extends LocalServer {
  readonly s2s: S2S
  readonly told: string[]
}

async function start(form: Form, given: Partial<S2SServerOptions> = {}): Promise<Service> {
  const told: string[] = []
  const s2s = createS2S({
    ...options,
    resourceMetadata: { advertise: ['id', 'login'], challengeScopes: ['reports.read'], name: 'Reports' },
    onAuditEvent: ({ name }) => told.push(name),
    ...given,
  })
  const server = await startHttpsServer(createApp(s2s, form) as Parameters<typeof startHttpsServer>[0])
  return {
    ...server,
    s2s,
    told,
    close: async () => {
      s2s.close()
      await server.close()
    },
  }
}

function createApp(s2s: S2S, form: Form): Express {
  const app = express()
  app.use(s2s.resourceMetadataRouter())
  app.use(guardOf(s2s, { form, resources }))
  app.delete('/reports/:id', s2s.requirePermission('reports.delete'))
  app.use(((_request, response) => response.json('reached')) satisfies express.RequestHandler)
  app.use(s2s.errorResponder())
  return app
}

for (const form of forms) {
  describe(`resource metadata (${form})`, () => {
    let service: Service
    before(async () => {
      service = await start(form)
    })
    after(() => service.close())

    const get = (target = path): request.Test => request(service.url).get(target).ca(service.ca)
    const send = (method: 'get' | 'put' | 'post', target: string, token?: string): request.Test => {
      const test = request(service.url)[method](target).ca(service.ca)
      return token === undefined ? test : test.set('Authorization', `Bearer ${token}`)
    }
    const tokenWith = (scope: string): Promise<string> => oauth.token({ claims: { scope } })

    it('is for everybody, and says what the operator wants callers to know', async () => {
      const answer = await get().expect(200)
      const { headers } = answer
      assert.deepEqual(answer.body, {
        resource: oauthAudience,
        authorization_servers: ['https://id.example.net', 'https://login.example.com'],
        scopes_supported: ['reports.read', 'reports.write', 'search.read', 'reports.create', 'reports.delete'],
        bearer_methods_supported: ['header'],
        resource_name: 'Reports',
      })
      assert.equal(headers['content-type'], 'application/json; charset=utf-8')
      assert.equal(headers['cache-control'], 'public, max-age=300')
      assert.match(headers['strict-transport-security'] ?? '', /max-age/)
    })

    it('need not be sent again while it is the same, and is read only', async () => {
      const etag = String((await get().expect(200)).headers['etag'])
      const again = await get().set('If-None-Match', etag).expect(304)
      assert.equal(again.text, '')
      await request(service.url).head(path).ca(service.ca).expect(200)
      await request(service.url).post(path).ca(service.ca).expect(405)
    })

    it('is pointed to by every challenge, and a 401 says what to ask for first', async () => {
      const start_ = `Bearer realm="${self.realm}"`
      const { headers: bare } = await get('/reports/1').expect(401)
      assert.equal(bare['www-authenticate'], `${start_}, scope="reports.read", ${pointer}`)
      const { headers: discovery } = await get('/reports/1').set('Authorization', 'Bearer').expect(401)
      assert.equal(
        discovery['www-authenticate'],
        `${start_}, client_id="${self.clientId}", scope="reports.read", ${pointer}`,
      )
      const { headers: invalid } = await send('get', '/reports/1', 'a.b.c').expect(401)
      assert.equal(
        invalid['www-authenticate'],
        `${start_}, scope="reports.read", error="invalid_token", error_description="The token is malformed.", ${pointer}`,
      )
    })

    it('steps up: a 403 names what is required, and what else of the offer the caller would lose', async () => {
      const token = await tokenWith('reports.read search.read private.note')
      const { headers } = await send('put', '/reports/1', token).expect(403)
      assert.equal(
        headers['www-authenticate'],
        `Bearer realm="${self.realm}", scope="reports.read reports.write search.read", error="insufficient_scope", ` +
          `error_description="The token lacks a scope that this resource requires.", ${pointer}`,
      )
      const wider = await tokenWith('reports.read reports.write search.read')
      await send('put', '/reports/1', wider).expect(200)
      await send('get', '/search', wider).expect(200)
    })

    it('never tells a scope of the token that this server does not offer', async () => {
      const { headers } = await send('put', '/reports/1', await tokenWith('private.note')).expect(403)
      assert.doesNotMatch(JSON.stringify(headers), /private/)
    })

    it('names only what is required to an S2S caller: its grants are not asked for', async () => {
      const { headers } = await send('post', '/reports', await farm.appOnlyToken()).expect(403)
      assert.match(String(headers['www-authenticate']), /, scope="Reports\.Create\.All", error=/)
    })
  })
}

describe('resource metadata of a running server', () => {
  let service: Service
  const documentNow = async (): Promise<Record<string, unknown>> =>
    (await request(service.url).get(path).ca(service.ca).expect(200)).body as Record<string, unknown>
  before(async () => {
    service = await start('protect', { resourceMetadata: { advertise: true } })
  })
  after(() => service.close())

  it('follows issuers that are added and removed', async () => {
    const jwks = oauth.jwks()
    service.s2s.trustedIssuers.add({ type: 'static', name: 'new', issuer: 'https://new.example', jwks })
    assert.deepEqual((await documentNow())['authorization_servers'], [
      'https://login.example.com',
      'https://id.example.net',
      'https://new.example',
    ])
    service.s2s.trustedIssuers.remove('id')
    service.s2s.trustedIssuers.remove('new')
    assert.deepEqual((await documentNow())['authorization_servers'], ['https://login.example.com'])
  })

  it('follows a reload, and keeps the scopes of rules in code', async () => {
    const before = (await documentNow())['scopes_supported'] as string[]
    const resourceMetadata = { resource: 'https://reports.example.com/v2', name: 'Second' }
    await service.s2s.reload({ ...options, resourceMetadata, resources: { 'GET /x': 'x.read' } })
    await request(service.url).get(path).ca(service.ca).expect(401)
    const answer = await request(service.url).get(`${path}/v2`).ca(service.ca).expect(200)
    assert.deepEqual(answer.body, {
      resource: resourceMetadata.resource,
      scopes_supported: ['x.read', ...before],
      bearer_methods_supported: ['header'],
      resource_name: 'Second',
    })
    assert.ok(answer.headers['etag'])
    const refused = await request(service.url).get('/reports/1').ca(service.ca).expect(401)
    assert.match(String(refused.headers['www-authenticate']), /oauth-protected-resource\/v2"$/)
  })

  it('cannot be taken away by a reload while it is mounted', async () => {
    await assert.rejects(
      service.s2s.reload(options),
      (error) => error instanceof ConfigurationError && error.path === 'resourceMetadata',
    )
    await request(service.url).get(`${path}/v2`).ca(service.ca).expect(200)
  })

  it('cannot become what cannot be told', async () => {
    for (const resourceMetadata of [{ advertise: ['nobody'] }, { resource: 'http://reports.example.com' }]) {
      await assert.rejects(
        service.s2s.reload({ ...options, resourceMetadata }),
        (error) => error instanceof ConfigurationError && error.message.startsWith('resourceMetadata.'),
      )
      assert.throws(() => createS2S({ ...options, resourceMetadata }), ConfigurationError)
    }
    await request(service.url).get(`${path}/v2`).ca(service.ca).expect(200)
  })
})

describe('a server without resource metadata', () => {
  it('has none to publish, and its challenges are as ever', async () => {
    const s2s = createS2S({ ...options })
    assert.throws(
      () => s2s.resourceMetadataRouter(),
      (error) => error instanceof ConfigurationError && error.message.startsWith('resourceMetadata is missing'),
    )
    const app = express().use(s2s.protect(resources))
    const server = await startHttpsServer(app as Parameters<typeof startHttpsServer>[0])
    try {
      const { headers } = await request(server.url)
        .put('/reports/1')
        .ca(server.ca)
        .set('Authorization', `Bearer ${await oauth.token({ claims: { scope: 'reports.read' } })}`)
        .expect(403)
      assert.match(
        String(headers['www-authenticate']),
        /scope="reports\.read reports\.write", error=.*resource requires\."$/,
      )
    } finally {
      await server.close()
      s2s.close()
    }
  })
})

describe('two resources on one host', () => {
  it('are two servers: each has its document, its challenge and its audience', async () => {
    const origin = 'https://host.example'
    const [mcp, reports] = ['mcp', 'reports'].map((name) =>
      createS2S({
        ...options,
        audience: `${origin}/${name}`,
        resourceMetadata: { advertise: ['login'], name },
      }),
    ) as [S2S, S2S]
    const app = express()
    app.use(mcp.resourceMetadataRouter(), reports.resourceMetadataRouter())
    app.use('/mcp', mcp.protect({ 'GET /x': 'mcp.use' }))
    app.use('/reports', reports.protect({ 'GET /x': 'reports.read' }))
    app.use(((_request, response) => response.json('reached')) satisfies express.RequestHandler)
    const server = await startHttpsServer(app as Parameters<typeof startHttpsServer>[0])
    try {
      for (const [name, scope] of [
        ['mcp', 'mcp.use'],
        ['reports', 'reports.read'],
      ] as const) {
        const answer = await request(server.url).get(`${path}/${name}`).ca(server.ca).expect(200)
        const document = answer.body as { readonly resource: string; readonly scopes_supported: readonly string[] }
        assert.equal(document.resource, `${origin}/${name}`)
        assert.deepEqual(document.scopes_supported, [scope])
        const { headers } = await request(server.url).get(`/${name}/x`).ca(server.ca).expect(401)
        assert.match(String(headers['www-authenticate']), new RegExp(`resource_metadata="${origin}${path}/${name}"$`))
      }
      const claims = { aud: `${origin}/mcp`, scope: 'mcp.use reports.read' }
      const token = `Bearer ${await oauth.token({ claims })}`
      await request(server.url).get('/mcp/x').ca(server.ca).set('Authorization', token).expect(200)
      await request(server.url).get('/reports/x').ca(server.ca).set('Authorization', token).expect(401)
    } finally {
      await server.close()
      mcp.close()
      reports.close()
    }
  })
})
