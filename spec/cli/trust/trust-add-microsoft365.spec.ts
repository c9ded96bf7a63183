import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { runWords, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const other = '0f6b6a4e-5d1e-4a4e-9c5a-6f2c3e8d7b10'
const audience = 'ef1da9d4-ff77-4c3e-a005-840c3f830745'
const application = '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605'

interface WrittenConfig {
  readonly self?: { readonly hosts: readonly string[] }
  readonly audience?: string
  readonly trustedIssuers: readonly object[]
  readonly grants?: readonly { readonly issuer: string }[]
}

describe('trust add NAME microsoft365', () => {
  let folder: ConfigFolder
  beforeEach(() => {
    folder = makeConfigFolder()
  })
  afterEach(() => {
    folder.remove()
  })

  const run = (line: string, answer?: string): Promise<CommandOutcome> =>
    runWords(line.split(' '), { cwd: folder.path, ...(answer === undefined ? {} : { answer }) })
  const add = (line: string, answer?: string): Promise<CommandOutcome> =>
    run(`trust add m365 microsoft365 ${line}`, answer)
  const written = (): WrittenConfig => JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig

  it('begins a file for OAuth tokens of one tenant, and shows their issuers before it asks', async () => {
    const outcome = await add(`--tenant ${tenant} --audience ${audience}`, 'y')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.deepEqual(outcome.questions, ['Believe tokens of this tenant, as m365? [y/N] '])
    assert.ok(outcome.notes.includes(`https://login.microsoftonline.com/${tenant}/v2.0`))
    assert.equal(outcome.notes.includes(`@${tenant}`), false)
    assert.equal(written().audience, audience)
    assert.deepEqual(written().trustedIssuers, [{ type: 'microsoft365', name: 'm365', tenantId: tenant }])
  })

  it('begins a file for S2S tokens of several tenants of another cloud', async () => {
    const outcome = await add(
      `--tenant ${tenant} --tenant ${other} --cloud usgov --host reports.example.com --yes --json`,
    )
    assert.equal(outcome.exitCode, 0, outcome.notes)
    const { issuers } = JSON.parse(outcome.out) as { issuers: readonly string[] }
    assert.deepEqual(
      issuers.map((issuer) => issuer.split('@')[1]),
      [tenant, other],
    )
    assert.deepEqual(written().self?.hosts, ['reports.example.com'])
    const entry = { type: 'microsoft365', name: 'm365', tenants: [tenant, other], cloud: 'usgov' }
    assert.deepEqual(written().trustedIssuers, [entry])
  })

  it('uses what the file says already, and both protocols where it can', async () => {
    folder.write('s2s.config.json', {
      audience,
      self: { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'] },
      trustedIssuers: [],
    })
    const { exitCode, out, notes } = await add(`--tenant ${tenant.toUpperCase()} --yes`)
    assert.equal(exitCode, 0, notes)
    assert.equal(out.split('\n').filter((line) => line.startsWith('issuer ')).length, 3)
    assert.match(out, /OAuth tokens[^]*grant add m365/)
  })

  it('grants to S2S applications of a tenant, takes that back, and forgets it with the tenancy', async () => {
    assert.equal((await add(`--tenant ${tenant} --host reports.example.com --yes`)).exitCode, 0)
    const grant = `grant add m365 reports.read --application ${application}`
    assert.equal((await run(grant)).exitCode, 0)
    assert.deepEqual(
      written().grants?.map(({ issuer }) => issuer),
      [`m365:${tenant}:s2s`],
    )
    assert.equal((await run(`grant remove m365 --application ${application}`)).exitCode, 0)
    assert.equal(written().grants, undefined)
    assert.equal((await run(grant)).exitCode, 0)
    const removed = await run('trust remove m365 --yes')
    assert.equal(removed.exitCode, 0, removed.notes)
    assert.deepEqual([written().trustedIssuers, written().grants], [[], undefined])
  })

  it('asks which tenant a grant is for, where there are several', async () => {
    await add(`--tenant ${tenant} --tenant ${other} --host reports.example.com --yes`)
    const grant = `grant add m365 reports.read --application ${application}`
    for (const [line, note] of [
      [grant, /say which tenant: --tenant ID/],
      [`${grant} --tenant 00000000-0000-0000-0000-000000000000`, /does not believe this tenant; it believes 72f988bf/],
    ] as const) {
      const outcome = await run(line)
      assert.deepEqual([outcome.exitCode, written().grants], [2, undefined])
      assert.match(outcome.notes, note)
    }
    assert.equal((await run(`${grant} --tenant ${other.toUpperCase()}`)).exitCode, 0)
    assert.equal(written().grants?.[0]?.issuer, `m365:${other}:s2s`)
  })

  const refusals: Readonly<Record<string, readonly [line: string, exitCode: number, note: RegExp]>> = {
    'no tenant': ['microsoft365', 2, /say which tenant: --tenant ID/],
    'neither audience nor host': [`microsoft365 --tenant ${tenant}`, 2, /--audience ID; or.*--host/],
    'the name of a tenant': ['microsoft365 --tenant contoso.com --audience a', 2, /names of tenants are not accepted/],
    'an unknown cloud': [`microsoft365 --tenant ${tenant} --cloud gcc`, 2, /one of global, usgov, china/],
    pins: [`microsoft365 --tenant ${tenant} --pin`, 2, /are for a server with a document of its own/],
    'a tenant of another server': [
      `https://farm.example.com --tenant ${tenant}`,
      2,
      /are for: npx passport-s2s trust add/,
    ],
    'a no': [`microsoft365 --tenant ${tenant} --audience a`, 1, /nothing was changed/],
  }
  for (const [name, [line, exitCode, note]] of Object.entries(refusals)) {
    it(`refuses ${name} and writes nothing`, async () => {
      const outcome = await run(`trust add m365 ${line}`, 'n')
      assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [exitCode, false])
      assert.match(outcome.notes, note)
    })
  }

  it('refuses a tenant for the grants of a farm', async () => {
    const farm = { type: 's2s-metadata', name: 'farm', metadataEndpoint: 'https://farm.example.com/metadata/json/1' }
    const self = { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'] }
    folder.write('s2s.config.json', { self, trustedIssuers: [farm] })
    const outcome = await run(`grant add farm reports.read --application ${application} --tenant ${tenant}`)
    assert.deepEqual([outcome.exitCode, written().grants], [2, undefined])
    assert.match(outcome.notes, /has no tenants/)
  })
})
