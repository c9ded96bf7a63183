import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import express, { type Express } from 'express'
import { createS2SFromFile, type S2S } from 'passport-s2s'
import request from 'supertest'
import { makeConfigFolder, until, type ConfigFolder } from '../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../support/farm-server.ts'

const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')

interface Ended {
  readonly exitCode: number | string | null | undefined
  readonly out: string
  readonly notes: string
}

/** From an empty folder and a metadata address to a protected route, as an administrator types it. */
describe('the command line, as a program', () => {
  let server: FarmServer
  let folder: ConfigFolder
  let s2s: S2S | undefined

  before(async () => {
    server = await startFarmServer()
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
  })
  after(async () => {
    s2s?.close()
    folder.remove()
    await server.server.close()
  })

  function run(...words: readonly string[]): Promise<Ended> {
    const environment = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder.path, 'ca.pem') }
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [program, ...words],
        { cwd: folder.path, env: environment },
        (error, out, notes) => {
          resolve({ exitCode: error === null ? 0 : error.code, out, notes })
        },
      )
      child.stdin?.end()
    })
  }

  function protectedApp(server: S2S): { app: Express; calls: () => number } {
    let calls = 0
    const app = express()
    app.set('trust proxy', 'loopback')
    app.use(server.protect({ 'GET /reports/:id': 'reports.read' }))
    app.get('/reports/:id', (req, res) => {
      calls += 1
      res.json({ caller: server.principalOf(req).application.id })
    })
    return { app, calls: () => calls }
  }

  it('asks nobody in a script, and changes nothing', async () => {
    const self = ['--client-id', 'reporting', '--realm', '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011']
    const refused = await run('trust', 'add', 'farm', server.endpoint, '--host', 'reports.example.com', ...self)
    assert.deepEqual([refused.exitCode, refused.out], [2, ''])
    assert.match(refused.notes, /add --yes/)
    assert.throws(() => statSync(folder.file), /ENOENT/)
  })

  it('trusts the farm, grants, protects a route, and stops believing while the server runs', async () => {
    const thumbprint = Buffer.from(server.farm.certificate.x5tS256, 'base64url').toString('hex')
    const self = ['--client-id', 'reporting', '--realm', '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011']
    const host = ['--host', 'reports.example.com', '--ca', 'ca.pem']
    const added = await run('trust', 'add', 'farm', server.endpoint, ...host, ...self, '--thumbprint', thumbprint)
    assert.equal(added.exitCode, 0, added.notes)
    const granted = await run('grant', 'add', 'farm', 'reports.read', '--app-only')
    assert.equal(granted.exitCode, 0, granted.notes)
    assert.match(readFileSync(folder.file, 'utf8'), /^\{\n  "\$schema"/)

    const events: string[] = []
    s2s = await createS2SFromFile(folder.file, { functions: { onAuditEvent: ({ name }) => events.push(name) } })
    await s2s.ready()
    const { app, calls } = protectedApp(s2s)
    const token = await server.farm.appOnlyToken()
    const ask = (): request.Test =>
      request(app).get('/reports/1').set('x-forwarded-proto', 'https').set('authorization', `Bearer ${token}`)
    assert.deepEqual((await ask().expect(200)).body, { caller: '00000003-0000-0ff1-ce00-000000000000' })
    await request(app).get('/reports/1').set('x-forwarded-proto', 'https').expect(401)
    assert.equal(calls(), 1)

    const suspended = await run('trust', 'suspend', 'farm', '--yes')
    assert.equal(suspended.exitCode, 0, suspended.notes)
    await until(() => events.includes('config.reloaded'), 'the server has the change')
    await ask().expect(401)
    assert.equal(calls(), 1)
  })

  it('says what is wrong by its exit code', async () => {
    const decoded = await run('doctor', '--token', 'ca.pem')
    assert.equal(decoded.exitCode, 1)
    assert.match(decoded.out, /^Refused \(ERR_S2S_TOKEN_MALFORMED\)/)
  })
})
