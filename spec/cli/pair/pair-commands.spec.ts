import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { makeCertificate } from '../../support/certificates.ts'

interface WrittenConfig {
  readonly trustedIssuers: readonly Record<string, unknown>[]
  readonly grants?: readonly Record<string, unknown>[]
  readonly clients?: Readonly<Record<string, Record<string, unknown>>>
}

const realm = '0c5d3c9a-6f0e-4a38-8f53-1f5a4cbb0001'
const farm = `export farm --product sharepoint --url https://farm.example --realm ${realm}`

describe('pair export, import and commands', () => {
  let folder: ConfigFolder

  beforeEach(async () => {
    folder = makeConfigFolder()
    const own = await pair
    folder.write('key.pem', own.privateKeyPem)
    folder.write('cert.pem', own.certificatePem)
    folder.write('s2s.config.json', {
      self: {
        clientId: 'reporting',
        realm: 'r',
        hosts: ['reports.example.com'],
        signingKeys: { current: { privateKey: { file: 'key.pem' }, certificate: { file: 'cert.pem' } } },
      },
      trustedIssuers: [],
    })
  })
  afterEach(() => {
    folder.remove()
  })

  const pair = makeCertificate({ commonName: 'Reports' })
  const run = (line: string, input = ''): Promise<CommandOutcome> =>
    runLine(`pair ${line}`, { cwd: folder.path, input })
  const written = (): WrittenConfig => JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig

  it('writes a bundle that the other command reads: issuer, grants and client', async () => {
    const exported = await run(`${farm} --grant reports.read --app-only --out farm.json`)
    assert.equal(exported.exitCode, 0, exported.notes)
    assert.deepEqual(written().trustedIssuers, [])
    assert.equal((await run('import farm.json')).exitCode, 2)
    assert.deepEqual(written().trustedIssuers, [])
    folder.write('ca.pem', '-----')
    const imported = await run('import farm.json --yes --ca ca.pem')
    assert.equal(imported.exitCode, 0, imported.notes)
    assert.equal(written().trustedIssuers[0]?.['metadataEndpoint'], 'https://farm.example/_layouts/15/metadata/json/1')
    assert.deepEqual(written().grants?.[0]?.['permissions'], ['reports.read'])
    assert.deepEqual(written().clients?.['farm']?.['ca'], { file: './ca.pem' })
    const again = await run('import farm.json --yes')
    assert.deepEqual([again.exitCode, written().trustedIssuers.length], [2, 1])
    assert.match(again.notes, /farm is in the configuration already/)
  })

  it('gives the commands for the other administrator', async () => {
    const site = '--site https://farm.example/sites/a --right Write'
    const { out } = await run(`${farm} ${site} --commands`)
    assert.match(out, /New-SPTrustedSecurityTokenIssuer[^]*'https:\/\/reports\.example\.com\/_layouts/)
    assert.match(out, /-Right Write/)
    const bundle = await run(farm)
    const commands = await run('commands -', bundle.out)
    assert.match(commands.out, /New-SPTrustedSecurityTokenIssuer/)
  })

  for (const [name, line, endpoint] of [
    ['Exchange', 'export mail --product exchange --url https://mail.example', 'autodiscover/metadata/json/1'],
    ['Skype for Business', 'export chat --product skype --url https://chat.example', 'chat.example/metadata/json/1'],
    ['another server', 'export docs --id their-id --url https://docs.example', 'docs.example/_layouts/15/metadata'],
  ] as const) {
    it(`knows ${name}, and imports it without grants`, async () => {
      const bundle = await run(line)
      assert.equal(bundle.exitCode, 0, bundle.notes)
      assert.ok(bundle.out.includes(endpoint))
      assert.equal((await run('import - --yes', bundle.out)).exitCode, 0)
      assert.equal(written().grants, undefined)
    })
  }

  for (const [name, line, note] of [
    [
      'an unknown product',
      'export a --product lync --url https://a.example',
      /must be sharepoint, exchange, skype or other/,
    ],
    ['another server without its name', 'export a --url https://a.example', /--id ID/],
    ['plain http', 'export a --id a --url http://a.example', /must be https/],
    ['a missing bundle', 'import no.json', /no\.json cannot be read/],
    ['what is no bundle', 'import key.pem', /ERR_S2S_OPTION_INVALID/],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const outcome = await run(line)
      assert.deepEqual([outcome.exitCode, written().trustedIssuers.length], [2, 0])
      assert.match(outcome.notes, note)
    })
  }

  it('needs to know who this server is', async () => {
    folder.write('s2s.config.json', { trustedIssuers: [] })
    assert.match((await run(`${farm} --out farm.json`)).notes, /add "self"/)
    assert.equal(existsSync(join(folder.path, 'farm.json')), false)
  })
})
