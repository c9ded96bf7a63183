import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runLine } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../../support/farm-server.ts'

describe('metadata fetch', () => {
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

  it('finds the document of an S2S server from its origin, and writes nothing', async () => {
    const { exitCode, out, notes } = await runLine(`metadata fetch ${server.server.url} --ca ca.pem`, {
      cwd: folder.path,
    })
    assert.equal(exitCode, 0, notes)
    assert.match(out, new RegExp(`issuer +${server.farm.issuerName}\nrealm +0c5d3c9a`))
  })

  it('shows dates as they are', async () => {
    const world = { cwd: folder.path, clock: () => Date.UTC(2019, 0) / 1000 }
    const early = await runLine(`metadata fetch ${server.endpoint} --ca ca.pem`, world)
    assert.match(early.out, /valid +2020-01-01 to .*NOT VALID YET/)
    const late = await runLine(`metadata fetch ${server.endpoint} --ca ca.pem`, { ...world, clock: () => 1e10 })
    assert.match(late.out, /EXPIRED/)
  })
})
