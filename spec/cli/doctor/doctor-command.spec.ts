import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../../support/farm-server.ts'

describe('doctor', () => {
  let server: FarmServer
  let folder: ConfigFolder

  before(async () => {
    server = await startFarmServer()
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
    folder.write('s2s.config.json', configOf(server.endpoint))
    folder.write('gone.json', configOf(`${server.server.url}/gone/metadata/json/1`))
  })
  after(async () => {
    folder.remove()
    await server.server.close()
  })

  function configOf(metadataEndpoint: string): object {
    const registeredIssuerName = server.farm.issuerName
    return {
      self: {
        clientId: 'reporting',
        realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
        hosts: ['reports.example.com'],
      },
      trustedIssuers: [{ type: 's2s-metadata', name: 'farm', metadataEndpoint, registeredIssuerName }],
      grants: [
        { issuer: 'farm', application: server.farm.applicationName, permissions: ['reports.read'], appOnly: true },
      ],
      profileOptions: { cacheSeconds: 1 },
      resources: { 'GET /reports/:id': 'reports.read' },
      resourceTables: { admin: { 'GET /admin': 'reports.admin' } },
    }
  }
  const run = (line: string, input = ''): Promise<CommandOutcome> =>
    runLine(`doctor --ca ca.pem${line}`, { cwd: folder.path, input })

  it('finds nothing wrong with a server whose issuer answers', async () => {
    const { exitCode, out, notes } = await run('')
    assert.equal(exitCode, 0, `${out}${notes}`)
    assert.match(out, /^ok .*farm/m)
  })

  it('finds an issuer that does not answer, and says the fix', async () => {
    const { exitCode, out } = await run(' --config gone.json')
    assert.equal(exitCode, 1)
    assert.match(out, /^ERROR +farm: .*404.*\n +\S/m)
  })

  it('finds faults of trust proxy; warnings count when it is strict', async () => {
    const found = await run(' --trust-proxy true --json')
    const findings = JSON.parse(found.out) as { severity: string; kind: string }[]
    const severities = findings.map(({ severity }) => severity)
    assert.ok(severities.includes('warning') || severities.includes('error'), found.out)
    assert.equal((await run(' --trust-proxy true --strict')).exitCode, 1)
    assert.equal((await run(' --trust-proxy 1 --behind-proxy')).exitCode, 0)
    assert.notEqual((await run(' --trust-proxy 10.0.0.1 --behind-proxy')).out, '')
  })

  it('says why a token is accepted, and what is open to it', async () => {
    const token = await server.farm.appOnlyToken()
    const { exitCode, out, notes } = await run(' --token -', token)
    assert.equal(exitCode, 0, `${out}${notes}`)
    assert.match(out, /^Accepted: /)
    assert.match(out, /GET \/reports\/:id: allowed/)
    assert.equal(out.includes(token.split('.')[2] ?? ''), false)
  })

  it('says why a token is refused, and how it fares without what stands around it', async () => {
    const token = await server.farm.appOnlyToken({ aud: 'reporting/reports.example.com@other' })
    folder.write('token.txt', `Bearer "${token}"`)
    const { exitCode, out } = await run(' --token token.txt')
    assert.equal(exitCode, 1)
    assert.match(
      out,
      /^Refused \(ERR_S2S_TOKEN_MALFORMED\)[^]*Fix: [^]*Without what stands around it: Refused \(ERR_S2S_AUDIENCE_MISMATCH\)/,
    )
    assert.equal(out.includes(token.split('.')[2] ?? ''), false)
    const told = out.split('\n').filter((line) => line.startsWith('  expected: '))
    assert.equal(told.length, 1, 'only what failed says what was expected')
  })

  it('explains without a resource table, too', async () => {
    const members = Object.entries(configOf(server.endpoint)).filter(([name]) => !name.startsWith('resource'))
    folder.write('bare.json', Object.fromEntries(members))
    assert.match((await run(' --config bare.json --token -', 'x')).out, /^Refused/)
    assert.equal((await run(' --config bare.json')).exitCode, 0)
  })
})
