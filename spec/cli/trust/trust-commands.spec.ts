import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../../support/farm-server.ts'
import { makeOAuthIssuer } from '../../support/oauth-issuer.ts'

interface WrittenConfig {
  readonly self: { readonly advertise: readonly string[] }
  readonly trustedIssuers: readonly { readonly name: string }[]
  readonly grants?: readonly { readonly issuer: string }[]
}

describe('trust list, show, remove, suspend and resume', () => {
  let server: FarmServer
  let folder: ConfigFolder

  before(async () => {
    server = await startFarmServer()
  })
  after(() => server.server.close())
  beforeEach(() => {
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
    folder.write('farm.pem', server.farm.certificate.certificatePem)
    folder.write('s2s.config.json', makeConfig())
  })
  afterEach(() => {
    folder.remove()
  })

  function makeConfig(): object {
    const { jwks } = makeOAuthIssuer({ issuer: 'https://static.example', audience: 'b', clock: () => 0 })
    return {
      self: { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'], advertise: ['farm', 'file'] },
      audience: 'https://reports.example.com',
      trustedIssuers: [
        { type: 's2s-metadata', name: 'farm', metadataEndpoint: server.endpoint, ca: { file: './ca.pem' } },
        { type: 's2s-certificate', name: 'file', registeredIssuerName: 'b@r', certificates: { file: './farm.pem' } },
        { type: 'openid', issuer: server.server.url },
        { type: 'static', name: 'static', issuer: 'https://static.example', jwks: jwks() },
        { type: 'static', name: 'pem', issuer: 'https://pem.example', certificate: { file: './farm.pem' } },
        { type: 'microsoft365', tenantId: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011' },
      ],
      grants: [
        { issuer: 'farm', application: 'a', permissions: ['reports.read'] },
        { issuer: 'file', application: 'b', permissions: ['reports.read'] },
      ],
    }
  }
  const run = (line: string): Promise<CommandOutcome> => runLine(`trust ${line}`, { cwd: folder.path })
  const written = (): WrittenConfig => JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig
  const names = (): readonly string[] => written().trustedIssuers.map(({ name }) => name)

  it('lists everybody by name, type and issuer', async () => {
    const listed = JSON.parse((await run('list --json')).out) as { name: string; issuer: string }[]
    assert.deepEqual(
      listed.map(({ name, issuer }) => [name, issuer]),
      [
        ['farm', server.endpoint],
        ['file', 'b@r'],
        [server.server.url, server.server.url],
        ['static', 'https://static.example'],
        ['pem', 'https://pem.example'],
        ['microsoft365', '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'],
      ],
    )
    assert.match((await run('list')).out, /^NAME +TYPE +STATE +ISSUER\nfarm +s2s-metadata +trusted +https/)
  })

  it('lists nobody', async () => {
    folder.write('s2s.config.json', { trustedIssuers: [] })
    assert.deepEqual((await run('list')).out, 'Nobody is trusted.\n')
  })

  it('shows an entry and what the server publishes now', async () => {
    const outcome = await run('show farm')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    const thumbprint = Buffer.from(server.farm.certificate.x5tS256, 'base64url').toString('hex').toUpperCase()
    assert.match(outcome.out, new RegExp(`${server.farm.issuerName}[^]*${thumbprint}[^]*days left`))
  })

  it('shows configured certificates, and fetches nothing for them', async () => {
    const before = server.server.requests.length
    for (const name of ['file', 'pem']) assert.match((await run(`show ${name}`)).out, /SHA-256/)
    for (const name of ['static', 'microsoft365']) assert.equal((await run(`show ${name}`)).exitCode, 0)
    assert.equal(server.server.requests.length, before)
  })

  it('says when an issuer cannot be reached', async () => {
    assert.equal((await run(`show ${server.server.url}`)).exitCode, 3)
  })

  it('names the issuer that was probably meant', async () => {
    const outcome = await run('show fram')
    assert.equal(outcome.exitCode, 2)
    assert.match(outcome.notes, /did you mean farm\?/)
    assert.match((await run('show nobody')).notes, /see npx passport-s2s trust list/)
  })

  it('removes an issuer with its grants and from the challenge, after a yes', async () => {
    const refused = await run('remove farm')
    assert.deepEqual([refused.exitCode, names().includes('farm')], [2, true])
    const outcome = await run('remove farm --yes')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.deepEqual(names().includes('farm'), false)
    assert.deepEqual(written().self.advertise, ['file'])
    assert.deepEqual(written().grants?.map(({ issuer }) => issuer), ['file']) // prettier-ignore
    assert.equal((await run('remove file --yes')).exitCode, 0)
    assert.equal(written().grants, undefined)
  })

  it('suspends and resumes an issuer with its grants and place in the challenge', async () => {
    const outcome = await run('suspend farm --yes')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.match(outcome.out, /restart the others/)
    assert.deepEqual(names().includes('farm'), false)
    assert.match((await run('list')).out, /farm +s2s-metadata +suspended/)
    assert.deepEqual(written().grants?.length, 1)

    const taken = await run(`add farm ${server.endpoint} --yes --ca ca.pem`)
    assert.deepEqual([taken.exitCode, names().includes('farm')], [2, false])
    assert.match(taken.notes, /trust resume farm/)

    assert.equal((await run('resume farm --yes')).exitCode, 0)
    assert.deepEqual([names().at(-1), written().self.advertise], ['farm', ['file', 'farm']])
    assert.deepEqual(written().grants?.length, 2)
    assert.equal(existsSync(`${folder.file}.suspended`), false)
    assert.match((await run('resume farm --yes')).notes, /farm is not suspended/)
  })

  it('suspends and resumes an issuer that the challenge does not name', async () => {
    assert.equal((await run('suspend pem --yes')).exitCode, 0)
    assert.equal((await run('suspend static --yes')).exitCode, 0)
    assert.equal((await run('resume pem --yes')).exitCode, 0)
    assert.deepEqual(written().self.advertise, ['farm', 'file'])
    folder.write('s2s.config.json', { ...makeConfig() })
    const outcome = await run('resume static --yes')
    assert.equal(outcome.exitCode, 2)
    assert.match(outcome.notes, /another issuer is named static/)
  })
})
