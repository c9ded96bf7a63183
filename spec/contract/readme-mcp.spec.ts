import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Express } from 'express'
import request from 'supertest'
import { startHttpsServer, serveDocuments, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { readmeCode, root } from '../support/readme.ts'

const audience = 'https://notes.example.com/mcp'
const metadata = '/.well-known/oauth-protected-resource/mcp'

/** The MCP server of the guide as it is printed, but for the address of the issuer and the port. */
async function importServer(issuer: LocalServer): Promise<Express> {
  const [code = ''] = readmeCode('ts', 'mcp')
  const file = join(root, 'spec', 'contract', 'readme-mcp.tmp.ts')
  const local = code
    .replace("issuer: 'https://login.example.com'", () => `issuer: '${issuer.url}', ca: ${JSON.stringify(issuer.ca)}`)
    .replace('app.listen(3000)', 'export { app }')
  assert.notEqual(local, code)
  writeFileSync(file, local)
  try {
    return ((await import(file)) as { app: Express }).app
  } finally {
    rmSync(file)
  }
}

describe("the guide's MCP server", () => {
  let issuer: OAuthIssuer
  let server: LocalServer
  let app: Express
  before(async () => {
    server = await startHttpsServer((incoming, response) => {
      serveDocuments({ '/.well-known/openid-configuration': issuer.metadata(), '/jwks': issuer.jwks() })(
        incoming,
        response,
      )
    })
    const algorithms = ['ES256'] as const
    issuer = makeOAuthIssuer({ issuer: server.url, audience, clock: () => Date.now() / 1000, algorithms })
    app = await importServer(server)
  })
  after(() => server.close())

  async function callTool(name: string, scope?: string): Promise<request.Response> {
    const token = scope === undefined ? undefined : await issuer.token({ claims: { scope } })
    return request(app)
      .post('/mcp')
      .set({ 'X-Forwarded-Proto': 'https', accept: 'application/json, text/event-stream' })
      .set(token === undefined ? {} : { authorization: `Bearer ${token}` })
      .send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: { note: '7' } } })
  }

  it('says where to get a token, and for what', async () => {
    const { status, headers } = await callTool('read_note')
    assert.equal(status, 401)
    assert.equal(
      headers['www-authenticate'],
      `Bearer realm="${audience}", scope="notes.read", resource_metadata="https://notes.example.com${metadata}"`,
    )
    const answer = await request(app).get(metadata).set('X-Forwarded-Proto', 'https').expect(200)
    assert.deepEqual(answer.body, {
      resource: audience,
      authorization_servers: [server.url],
      scopes_supported: ['notes.write', 'notes.read'],
      bearer_methods_supported: ['header'],
    })
  })

  it('lets a caller use the tools that its token has the scopes for', async () => {
    assert.match((await callTool('read_note', 'notes.read')).text, /read_note 7 for reporting/)
    assert.match((await callTool('write_note', 'notes.read notes.write')).text, /write_note 7 for reporting/)
    const { status, headers, text } = await callTool('write_note', 'notes.read')
    assert.equal(status, 403)
    assert.doesNotMatch(text, /for reporting/)
    assert.match(String(headers['www-authenticate']), /, scope="notes\.write notes\.read", error="insufficient_scope"/)
  })
})
