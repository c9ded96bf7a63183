import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Express } from 'express'
import request from 'supertest'
import { startHttpsServer, serveDocuments, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { readmeCode, root } from '../support/readme.ts'

const audience = 'https://reports.example.com'

/** The server of README's first page as it is printed, but for the address of the issuer and the port. */
async function importServer(issuer: LocalServer): Promise<Express> {
  const [code = ''] = readmeCode('ts', 'server')
  const file = join(root, 'spec', 'contract', 'readme-server.tmp.ts')
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

describe("README's first server", () => {
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
    issuer = makeOAuthIssuer({ issuer: server.url, audience, clock: () => Date.now() / 1000 })
    app = await importServer(server)
  })
  after(() => server.close())

  const send = (path: string, token?: string): request.Test => {
    const test = request(app).get(path).set('X-Forwarded-Proto', 'https')
    return token === undefined ? test : test.set('Authorization', `Bearer ${token}`)
  }

  it('lets a caller in whose token has the scope', async () => {
    const answer = await send('/reports/1', await issuer.token({ claims: { scope: 'reports.read' } })).expect(200)
    assert.deepEqual(answer.body, { caller: 'reporting' })
  })

  it('refuses what it says it refuses', async () => {
    const good = await issuer.token({ claims: { scope: 'reports.read' } })
    await request(app).get('/reports/1').set('Authorization', `Bearer ${good}`).expect(403)
    await send('/reports/1').expect(401)
    await send(`/reports/1?access_token=${good}`).expect(400)
    await send('/reports/1', await issuer.token({ claims: { scope: 'reports.read', aud: 'https://other' } })).expect(
      401,
    )
    await send('/reports/1', await issuer.token({ claims: { scope: 'reports.write' } })).expect(403)
    await send('/reports/1', `${good.slice(0, -8)}AAAAAAAA`).expect(401)
    await send('/other', good).expect(403)
    await send('/reports%2f1', good).expect(400)
  })
})
