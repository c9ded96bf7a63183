import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeConfigFolder, type ConfigFolder } from '../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../support/farm-server.ts'

const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')

interface Ended {
  readonly exitCode: number | string | null | undefined
  readonly out: string
  readonly notes: string
}

/** Its whole story, as a user types it, is in walk-through.spec.ts; its commands are tried in spec/cli. */
describe('the command line, as a program', () => {
  let server: FarmServer
  let folder: ConfigFolder

  before(async () => {
    server = await startFarmServer()
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
  })
  after(async () => {
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

  it('asks nobody in a script, and changes nothing', async () => {
    const self = ['--client-id', 'reporting', '--realm', '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011']
    const refused = await run('trust', 'add', 'farm', server.endpoint, '--host', 'reports.example.com', ...self)
    assert.deepEqual([refused.exitCode, refused.out], [2, ''])
    assert.match(refused.notes, /add --yes/)
    assert.throws(() => statSync(folder.file), /ENOENT/)
  })

  it('says what is wrong by its exit code', async () => {
    folder.write('s2s.config.json', { trustedIssuers: [] })
    const decoded = await run('doctor', '--token', 'ca.pem')
    assert.equal(decoded.exitCode, 1)
    assert.match(decoded.out, /^Refused \(ERR_S2S_TOKEN_MALFORMED\)/)
  })
})
