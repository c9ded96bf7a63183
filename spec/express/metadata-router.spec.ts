import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import express, { type RequestHandler } from 'express'
import { parseJsonObject, type JsonObject } from '../../lib/foundation/parse-json.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createStandaloneContext, type GuardContext } from '../../lib/express/guard-context.ts'
import { createMetadataRouter, type MetadataRouterOptions } from '../../lib/express/metadata-router.ts'
import { createSigningKeys, type SigningKeys } from '../../lib/keys/signing-keys.ts'
import { parseOpenIdMetadata } from '../../lib/metadata/openid-metadata.ts'
import { parseS2SMetadata } from '../../lib/metadata/s2s-metadata.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeSigningKey } from '../support/signing-keys.ts'

const self = {
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
  hosts: ['api.fabrikam.example:8443'],
}
const origin = 'https://api.fabrikam.example:8443'
const current = await makeSigningKey({ commonName: 'Current' })
const next = await makeSigningKey({ commonName: 'Next' })
const root = await makeCertificate({ commonName: 'Root' })

const farmPath = '/_layouts/15/metadata/json/1'
const jwksPath = '/.well-known/jwks.json'
const openIdPath = '/.well-known/openid-configuration'
const authorizationServerPath = '/.well-known/oauth-authorization-server'

interface Publisher extends LocalServer {
  readonly keys: SigningKeys
  readonly events: readonly AuditEvent[]
}

interface PublisherOptions {
  readonly router?: MetadataRouterOptions
  readonly context?: Partial<GuardContext>
  readonly trustProxy?: boolean
  readonly start?: typeof startHttpsServer
}

/** An app that publishes, and answers 200 `behind` to everything else. */
async function startPublisher(options: PublisherOptions = {}): Promise<Publisher> {
  const events: AuditEvent[] = []
  const keys = createSigningKeys({ current, clock: fixedClock, publishSeconds: 0 })
  const context = createStandaloneContext({
    userRights: 'checked-by-handler',
    onAuditEvent: (event) => events.push(event),
  })
  const app = express()
  app.set('trust proxy', options.trustProxy ?? false)
  app.use(createMetadataRouter({ self, keys, context: { ...context, ...options.context } }, options.router))
  app.use(((_request, response) => response.send('behind')) as RequestHandler)
  app.use(((error: Error, _request, response, _next) => {
    response.status(500).send(error.message)
  }) as express.ErrorRequestHandler)
  return { ...(await (options.start ?? startHttpsServer)(app)), keys, events }
}

type Headers = readonly (readonly [string, string])[]

function get(server: LocalServer, target: string, headers: Headers = []): Promise<RawAnswer> {
  return sendRaw(server, { path: target, headers })
}

async function documentAt(server: LocalServer, target: string): Promise<JsonObject> {
  const answer = await get(server, target)
  assert.equal(answer.status, 200, target)
  return parseJsonObject(answer.body)
}

describe('the metadata router', () => {
  let server: Publisher
  before(async () => {
    server = await startPublisher()
  })
  after(() => server.close())

  it('publishes the document of SharePoint for everybody, to be kept for five minutes', async () => {
    const answer = await get(server, farmPath)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.headers['cache-control'], 'public, max-age=300')
    assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)))
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(answer.headers['strict-transport-security'] ?? '', /max-age/)
    assert.match(answer.headers['etag'] ?? '', /^"[\w-]{43}"$/)
    const metadata = parseS2SMetadata(parseJsonObject(answer.body))
    assert.equal(metadata.issuer, `${self.clientId}@${self.realm}`)
    assert.equal(metadata.certificates[0]?.x5tS256, current.x5tS256)
  })

  it('publishes self-signed certificates as their own roots, in a document of the same form', async () => {
    assert.deepEqual(await documentAt(server, `${farmPath}/rootcertificate`), await documentAt(server, farmPath))
  })

  it('publishes the JWK set', async () => {
    const { keys } = await documentAt(server, jwksPath)
    assert.deepEqual(
      (keys as { kid: string }[]).map(({ kid }) => kid),
      [current.kid],
    )
  })

  for (const path of [`${farmPath}?realm=a`, farmPath.toUpperCase(), '/_Layouts/15/Metadata/JSON/1/RootCertificate']) {
    it(`answers the spelling ${path}`, async () => {
      assert.equal(parseS2SMetadata(await documentAt(server, path)).realm, self.realm)
    })
  }

  const passedOn = [
    '/',
    `${farmPath}/`,
    `${farmPath}/other`,
    `/x${farmPath}`,
    '/%5flayouts/15/metadata/json/1',
    '/autodiscover/metadata/json/1',
    '/metadata/json/1',
    openIdPath,
    authorizationServerPath,
    '/__proto__',
  ]
  for (const path of passedOn) {
    it(`leaves ${path} to the app`, async () => {
      assert.equal((await get(server, path)).body, 'behind')
    })
  }

  it('takes hosts from the configuration, whatever the request says', async () => {
    const forged = await get(server, farmPath, [['X-Forwarded-Host', 'evil.example']])
    assert.ok(!forged.body.includes('evil.example'))
    const { endpoints } = parseJsonObject(forged.body)
    assert.deepEqual(endpoints, [{ location: origin + farmPath, protocol: 'OAuth2', usage: 'metadata' }])
  })

  it('answers HEAD like GET, without the body', async () => {
    const whole = await get(server, farmPath)
    const head = await sendRaw(server, { method: 'HEAD', path: farmPath })
    assert.equal(head.status, 200)
    assert.equal(head.body, '')
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control']) {
      assert.equal(head.headers[name], whole.headers[name])
    }
  })

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`refuses ${method}`, async () => {
      const answer = await sendRaw(server, { method, path: farmPath })
      assert.equal(answer.status, 405)
      assert.equal(answer.headers['allow'], 'GET, HEAD')
      assert.equal(answer.body, '')
    })
  }

  describe('for who has the document already', () => {
    let etag: string
    before(async () => {
      etag = (await get(server, farmPath)).headers['etag'] ?? ''
    })

    const unchanged: readonly (readonly [string, (tag: string) => string])[] = [
      ['its tag', (tag) => tag],
      ['its tag as a weak one', (tag) => `W/${tag}`],
      ['its tag among others', (tag) => `"a" , ${tag},"b"`],
      ['any', () => '*'],
    ]
    for (const [name, valueOf] of unchanged) {
      it(`says that it has not changed: ${name}`, async () => {
        const answer = await get(server, farmPath, [['If-None-Match', valueOf(etag)]])
        assert.equal(answer.status, 304)
        assert.equal(answer.body, '')
        assert.equal(answer.headers['etag'], etag)
        assert.equal(answer.headers['cache-control'], 'public, max-age=300')
        assert.equal(answer.headers['content-type'], undefined)
      })
    }

    for (const value of ['"other"', '', 'W/"other"']) {
      it(`sends the document to who has another one: ${value === '' ? 'empty' : value}`, async () => {
        assert.equal((await get(server, farmPath, [['If-None-Match', value]])).status, 200)
      })
    }
  })
})

describe('the documents of a metadata router', () => {
  it('change with the keys, all at once, and their tags with them', async () => {
    const server = await startPublisher()
    const paths = [farmPath, `${farmPath}/rootcertificate`, jwksPath]
    const old = await Promise.all(paths.map((path) => get(server, path)))
    server.keys.publishNext(next)
    for (const [index, path] of paths.entries()) {
      const answer = await get(server, path, [['If-None-Match', old[index]?.headers['etag'] ?? '']])
      assert.equal(answer.status, 200)
      assert.equal((parseJsonObject(answer.body)['keys'] as unknown[]).length, 2)
    }
    await server.close()
  })

  it('have one tag on every server of a fleet', async () => {
    const servers = await Promise.all([startPublisher(), startPublisher()])
    const tags = await Promise.all(servers.map(async (server) => (await get(server, farmPath)).headers['etag']))
    assert.equal(tags[0], tags[1])
    await Promise.all(servers.map((server) => server.close()))
  })

  it('stand at the paths of the products that are chosen, and say so', async () => {
    const server = await startPublisher({
      router: { products: ['exchange', 'skype'], origin: 'https://other.example' },
    })
    for (const path of ['/autodiscover/metadata/json/1', '/metadata/json/1']) {
      const document = await documentAt(server, path)
      assert.equal(parseS2SMetadata(document).realm, self.realm)
      const location = `https://other.example${path}`
      assert.deepEqual(document['endpoints'], [{ location, protocol: 'OAuth2', usage: 'metadata' }])
    }
    for (const path of [farmPath, `${farmPath}/rootcertificate`]) assert.equal((await get(server, path)).body, 'behind')
    await server.close()
  })

  it('name the roots of a chain when they are given', async () => {
    const server = await startPublisher({ router: { rootCertificates: [root.certificatePem] } })
    const { certificates } = parseS2SMetadata(await documentAt(server, `${farmPath}/rootcertificate`))
    assert.deepEqual(
      certificates.map(({ x5tS256 }) => x5tS256),
      [root.x5tS256],
    )
    assert.equal(parseS2SMetadata(await documentAt(server, farmPath)).certificates[0]?.x5tS256, current.x5tS256)
    await server.close()
  })

  const issuers: readonly (readonly [string, readonly string[]])[] = [
    [origin, [openIdPath, authorizationServerPath]],
    [`${origin}/`, [openIdPath, authorizationServerPath]],
    [`${origin}/s2s`, [`/s2s${openIdPath}`, `${authorizationServerPath}/s2s`, `${openIdPath}/s2s`]],
  ]
  for (const [issuerUrl, paths] of issuers) {
    it(`describe the issuer ${issuerUrl} wherever discovery looks`, async () => {
      const server = await startPublisher({ router: { issuerUrl } })
      for (const path of paths) {
        const metadata = parseOpenIdMetadata(await documentAt(server, path), issuerUrl)
        assert.equal(metadata.jwksUri, origin + jwksPath)
      }
      await server.close()
    })
  }
})

describe('a metadata router without TLS', () => {
  it('refuses, and audits it', async () => {
    const server = await startPublisher({ start: startHttpServer })
    const answer = await get(server, farmPath)
    assert.equal(answer.status, 403)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.deepEqual(JSON.parse(answer.body), {
      error: 'insufficient_transport_security',
      error_description: 'This resource is served over https only.',
    })
    assert.deepEqual(
      server.events.map(({ name, code }) => [name, code]),
      [['request.rejected', 'ERR_S2S_TLS_REQUIRED']],
    )
    assert.equal((await get(server, '/other')).body, 'behind')
    await server.close()
  })

  it('believes a proxy that the app trusts', async () => {
    const server = await startPublisher({ start: startHttpServer, trustProxy: true })
    assert.equal((await get(server, farmPath, [['X-Forwarded-Proto', 'https']])).status, 200)
    assert.equal((await get(server, farmPath, [['X-Forwarded-Proto', 'http']])).status, 403)
    await server.close()
  })

  it('answers when the developer dangerously allows it, without HSTS', async () => {
    const server = await startPublisher({ start: startHttpServer, context: { allowsPlainHttp: true } })
    const answer = await get(server, farmPath)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['strict-transport-security'], undefined)
    await server.close()
  })
})

describe('a metadata router that fails', () => {
  it('hands what is no refusal on to the app', async () => {
    const applyHsts = (): never => {
      throw new Error('my mistake')
    }
    const server = await startPublisher({ context: { applyHsts } })
    const answer = await get(server, farmPath)
    assert.deepEqual([answer.status, answer.body], [500, 'my mistake'])
    await server.close()
  })
})

describe('the options of a metadata router', () => {
  const context = createStandaloneContext({ userRights: 'checked-by-handler' })
  const keys = createSigningKeys({ current, clock: fixedClock })
  const refused: readonly (readonly [string, object, string, RegExp])[] = [
    ['an unknown one', { product: [] }, 'ERR_S2S_OPTION_UNKNOWN', /did you mean `products`/],
    ['an unknown product', { products: ['lotus'] }, 'ERR_S2S_OPTION_INVALID', /products\[0\]/],
    ['no product', { products: [] }, 'ERR_S2S_OPTION_INVALID', /products is empty; leave it out/],
    ['no root', { rootCertificates: [] }, 'ERR_S2S_OPTION_INVALID', /rootCertificates is empty/],
    ['a root that is none', { rootCertificates: ['x'] }, 'ERR_S2S_OPTION_INVALID', /rootCertificates: /],
    ...[
      'http://a.example',
      'https://a.example/',
      'https://a.example/path',
      'https://user@a.example',
      'https://a.example:443',
      'a.example',
    ].map(
      (text) => [`the origin ${text}`, { origin: text }, 'ERR_S2S_OPTION_INVALID', /origin must be https/] as const,
    ),
    ...[
      'http://a.example',
      'a.example',
      'https://a.example?b',
      'https://a.example#b',
      'https://u@a.example',
      'https://:p@a.example',
    ].map(
      (text) =>
        [`the issuer ${text}`, { issuerUrl: text }, 'ERR_S2S_OPTION_INVALID', /issuerUrl must be an https/] as const,
    ),
  ]
  for (const [name, options, code, message] of refused) {
    it(`are refused: ${name}`, () => {
      assert.throws(() => createMetadataRouter({ self, keys, context }, options), { code, message })
    })
  }
})
