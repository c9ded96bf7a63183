import assert from 'node:assert/strict'
import https from 'node:https'
import { after, before, describe, it } from 'node:test'
import { createIssuerTransport } from '../../lib/outgoing/issuer-transport.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'

const usual: OAuthTokenOptions = {
  issuer: 'https://login.example',
  clientId: 'documents',
  authentication: { type: 'client_secret_basic', secret: 'a-secret' },
}
const get = { method: 'GET', headers: { accept: 'application/json' }, body: undefined, redirect: 'manual' } as const

describe('the way to an OAuth issuer', () => {
  let server: LocalServer
  let certificate: TestCertificate
  const bodies: string[] = []

  before(async () => {
    certificate = await makeCertificate({ commonName: 'Documents', keyType: 'ec256' })
    server = await startHttpsServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        bodies.push(body)
        if (request.url === '/nonce') response.setHeader('dpop-nonce', 'a-nonce')
        if (request.url === '/bad-nonce') response.setHeader('dpop-nonce', 'a "nonce"')
        if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' })
        response.end(request.url === '/large' ? 'a'.repeat(600_000) : 'answer')
      })
    })
  })
  after(() => server.close())

  it('sends a form and gives the answer', async () => {
    const fetch = createIssuerTransport({ ...usual, ca: server.ca })
    const body = new URLSearchParams({ scope: 'a b' })
    const answer = await fetch(`${server.url}/token`, { ...get, method: 'POST', body })
    assert.equal(await answer.text(), 'answer')
    assert.equal(bodies.at(-1), 'scope=a+b')
    assert.equal(server.requests.at(-1), 'POST /token')
  })

  it('gives a redirect back and does not follow it', async () => {
    const fetch = createIssuerTransport({ ...usual, ca: server.ca })
    assert.equal((await fetch(`${server.url}/redirect`, get)).status, 302)
    assert.equal(server.requests.at(-1), 'GET /redirect')
  })

  it('uses the agent it is given', async () => {
    const agent = new https.Agent({ ca: server.ca })
    const fetch = createIssuerTransport({ ...usual, agent })
    assert.equal((await fetch(server.url, get)).status, 200)
  })

  it('refuses plain http, unknown authorities and large answers', async () => {
    const fetch = createIssuerTransport({ ...usual, ca: server.ca })
    const requests = server.requests.length
    await assert.rejects(fetch(server.url.replace('https', 'http'), get), { code: 'ERR_S2S_TARGET_NOT_HTTPS' })
    await assert.rejects(createIssuerTransport(usual)(server.url, get), { code: 'ERR_S2S_TARGET_UNREACHABLE' })
    assert.equal(server.requests.length, requests)
    await assert.rejects(fetch(`${server.url}/large`, get), { code: 'ERR_S2S_TARGET_UNREACHABLE' })
  })

  it('keeps a nonce that a proof can carry, and no other', async () => {
    const fetch = createIssuerTransport({ ...usual, ca: server.ca })
    assert.equal((await fetch(`${server.url}/nonce`, get)).headers.get('dpop-nonce'), 'a-nonce')
    assert.equal((await fetch(`${server.url}/bad-nonce`, get)).headers.get('dpop-nonce'), null)
  })

  it('refuses an agent that would show another certificate', () => {
    const { certificatePem: cert, privateKeyPem: key } = certificate
    const { x5t, x5tS256 } = certificate
    const shown = { cert, key, x5t, x5tS256, notAfter: 0 }
    assert.throws(() => createIssuerTransport({ ...usual, agent: new https.Agent({ cert, key }) }, shown), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^oauth\.agent has a cert of its own/,
    })
  })
})
