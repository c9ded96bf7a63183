import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import type { OpenIdIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { createOpenIdIssuer } from '../../lib/trust/openid-issuer.ts'
import { makeMovableClock } from '../support/clock.ts'
import { serveDocuments, startHttpsServer, type LocalServer, type ServedDocument } from '../support/https-server.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { oauthAudience } from '../support/world.ts'

const { clock, advance } = makeMovableClock()
const provider = makeOAuthIssuer({ issuer: 'https://unused', audience: oauthAudience, clock, algorithms: ['ES256'] })
const header = (kid: string): { alg: string; kid: string } => ({ alg: 'ES256', kid })

describe('createOpenIdIssuer', () => {
  let server: LocalServer
  let documents: Record<string, ServedDocument> = {}
  before(async () => {
    server = await startHttpsServer((request, response) => {
      serveDocuments(documents)(request, response)
    })
  })
  after(() => server.close())
  beforeEach(() => {
    documents = {}
  })

  const jwks = (): object => provider.jwks()
  const asked = (since: number): readonly string[] => server.requests.slice(since)
  const make = (changes: Partial<OpenIdIssuerOptions> = {}): ReturnType<typeof createOpenIdIssuer> =>
    createOpenIdIssuer(
      { type: 'openid', issuer: server.url, ca: server.ca, ...changes },
      makeTrustWorld({ clock }).context,
    )

  for (const { name, path, place } of [
    { name: 'OpenID Connect', path: '', place: '/.well-known/openid-configuration' },
    { name: 'OpenID Connect below a path', path: '/tenant', place: '/tenant/.well-known/openid-configuration' },
    { name: 'RFC 8414', path: '', place: '/.well-known/oauth-authorization-server' },
    { name: 'RFC 8414 before a path', path: '/tenant', place: '/.well-known/oauth-authorization-server/tenant' },
    { name: 'OpenID Connect before a path', path: '/tenant', place: '/.well-known/openid-configuration/tenant' },
  ]) {
    it(`discovers keys by ${name}`, async () => {
      const issuer = make({ issuer: server.url + path })
      documents = { [place]: { issuer: server.url + path, jwks_uri: `${server.url}/jwks` }, '/jwks': jwks }
      const keySet = await issuer.keys.current()
      assert.equal(keySet.findKey(header('ES256-0')).id, 'ES256-0')
      assert.deepEqual(issuer.issuerNames, [server.url + path])
      issuer.keys.close()
    })
  }

  it('fetches nothing before it is needed, and nothing twice', async () => {
    const start = server.requests.length
    const issuer = make({ name: 'login' })
    documents = {
      '/.well-known/openid-configuration': { issuer: server.url, jwks_uri: `${server.url}/jwks` },
      '/jwks': jwks,
    }
    assert.equal(issuer.name, 'login')
    assert.deepEqual(asked(start), [])
    await Promise.all([issuer.keys.current(), issuer.keys.current()])
    await issuer.keys.current()
    assert.deepEqual(asked(start), ['GET /.well-known/openid-configuration', 'GET /jwks'])
    issuer.keys.close()
  })

  it('asks no discovery when jwksUri is given, and none again while the key set is there', async () => {
    documents = { '/keys': jwks }
    const start = server.requests.length
    const issuer = make({ jwksUri: `${server.url}/keys` })
    await issuer.keys.current()
    advance(10)
    assert.equal((await issuer.keys.refresh()).fresh, true)
    assert.deepEqual(asked(start), ['GET /keys', 'GET /keys'])
    issuer.keys.close()
  })

  it('discovers again when the key set has moved', async () => {
    const discovery = '/.well-known/openid-configuration'
    documents = { [discovery]: { issuer: server.url, jwks_uri: `${server.url}/old` }, '/old': jwks }
    const issuer = make()
    await issuer.keys.current()
    await issuer.keys.refresh()
    documents = { [discovery]: { issuer: server.url, jwks_uri: `${server.url}/new` }, '/new': jwks }
    const start = server.requests.length
    await assert.rejects(async () => issuer.keys.refresh(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    assert.equal((await issuer.keys.refresh()).fresh, true)
    assert.deepEqual(asked(start), ['GET /old', `GET ${discovery}`, 'GET /new'])
    issuer.keys.close()
  })

  it('sees a rotated key by one more look', async () => {
    documents = { '/keys': jwks }
    const issuer = make({ jwksUri: `${server.url}/keys` })
    const before = await issuer.keys.current()
    provider.rotateKeys()
    assert.throws(() => before.findKey(header('ES256-1')), refusal('ERR_S2S_KEY_UNKNOWN'))
    assert.equal((await issuer.keys.refresh()).value.findKey(header('ES256-1')).id, 'ES256-1')
    issuer.keys.close()
  })

  it("passes over this server's own key, and is unavailable with nothing else (CVE-2026-55040)", async () => {
    const own = makeOAuthIssuer({ issuer: 'https://own', audience: oauthAudience, clock, algorithms: ['ES256'] })
    const ownKeys = new Set([keyThumbprint(own.keyPair('ES256').publicKey)])
    const options = { type: 'openid', issuer: server.url, jwksUri: `${server.url}/keys`, ca: server.ca } as const
    const issuer = createOpenIdIssuer(options, makeTrustWorld({ clock, ownKeys }).context)
    documents = { '/keys': { keys: own.jwks().keys } }
    await assert.rejects(
      async () => issuer.keys.current(),
      refusal('ERR_S2S_METADATA_INVALID', "the key set has this server's own key only"),
    )
    const foreign = makeOAuthIssuer({ issuer: 'https://b', audience: oauthAudience, clock, algorithms: ['ES384'] })
    documents = { '/keys': { keys: [...own.jwks().keys, ...foreign.jwks().keys] } }
    const keySet = await issuer.keys.current()
    assert.equal(keySet.findKey({ alg: 'ES384', kid: 'ES384-0' }).id, 'ES384-0')
    assert.throws(() => keySet.findKey(header('ES256-0')), refusal('ERR_S2S_KEY_UNKNOWN'))
    issuer.keys.close()
  })

  for (const { name, served, code, told } of [
    { name: 'nothing is found', served: {}, code: 'ERR_S2S_KEYS_UNREACHABLE', told: /status 404$/ },
    {
      name: 'the document is of another issuer, whatever stands at the next address',
      served: {
        '/.well-known/openid-configuration': { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/jwks' },
        '/.well-known/oauth-authorization-server': (): object => ({
          issuer: server.url,
          jwks_uri: `${server.url}/jwks`,
        }),
      },
      code: 'ERR_S2S_METADATA_INVALID',
      told: /compare letter case and the slash at the end$/,
    },
    {
      name: 'the key set is not served over https',
      served: {
        '/.well-known/openid-configuration': (): object => ({ issuer: server.url, jwks_uri: 'http://localhost/jwks' }),
      },
      code: 'ERR_S2S_METADATA_INVALID',
      told: /no https "jwks_uri"/,
    },
    {
      name: 'the key set has no usable key',
      served: {
        '/.well-known/openid-configuration': (): object => ({ issuer: server.url, jwks_uri: `${server.url}/jwks` }),
        '/jwks': { keys: [null, { kty: 'oct', k: 'AAAA' }] },
      },
      code: 'ERR_S2S_METADATA_INVALID',
      told: 'the key set has no usable key',
    },
  ] as const) {
    it(`is unavailable, and guilty of nothing, when ${name}`, async () => {
      documents = served
      const issuer = make()
      await assert.rejects(async () => issuer.keys.current(), refusal(code, told))
      assert.equal(issuer.keys.failing(), true)
      issuer.keys.close()
    })
  }

  it('has one deadline for all documents of one look: an issuer that hangs is not asked at the next address', async () => {
    const addresses: unknown[] = []
    const hang: typeof fetch = (address) => {
      addresses.push(address)
      return new Promise(() => undefined)
    }
    const issuer = make({ issuer: `${server.url}/tenant`, fetch: hang, timeoutMilliseconds: 100 })
    const late = refusal('ERR_S2S_KEYS_UNREACHABLE', /openid-configuration did not answer in full within 100 ms$/)
    await assert.rejects(async () => issuer.keys.current(), late)
    assert.deepEqual(addresses, [`${server.url}/tenant/.well-known/openid-configuration`])
    issuer.keys.close()
  })

  it('is unavailable when its options turn out to be wrong, and keeps the cause', async () => {
    const issuer = make({ agent: { options: { rejectUnauthorized: false } } as never })
    await assert.rejects(
      async () => issuer.keys.current(),
      (error: Error) => {
        refusal('ERR_S2S_KEYS_UNREACHABLE', `no discovery document of ${server.url} was found`)(error)
        return refusal('ERR_S2S_OPTION_INVALID')(error.cause)
      },
    )
    issuer.keys.close()
  })
})
