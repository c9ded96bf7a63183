import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, beforeEach, describe, it } from 'node:test'
import { runWords, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder } from '../../support/config-folder.ts'

interface WrittenTables {
  readonly resources?: Readonly<Record<string, unknown>>
  readonly resourceTables?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

describe('policy add and remove', () => {
  const folder = makeConfigFolder()
  beforeEach(() => {
    folder.write('s2s.config.json', { trustedIssuers: [] })
  })
  after(() => {
    folder.remove()
  })

  const run = (...words: readonly string[]): Promise<CommandOutcome> =>
    runWords(['policy', ...words], { cwd: folder.path })
  const written = (): WrittenTables => JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenTables

  async function done(...words: readonly string[]): Promise<string> {
    const { exitCode, out, notes } = await run(...words)
    assert.equal(exitCode, 0, notes)
    return out
  }

  it('begins the table, and writes every form that words can say', async () => {
    assert.equal(await done('add', 'GET /reports/:id', 'reports.read'), 'GET /reports/:id requires reports.read.\n')
    await done('add', 'GET /health', 'public')
    await done('add', 'PUT /reports/:id', 'reports.read', 'reports.write')
    await done('add', 'GET /search', 'reports.read', 'search.read', '--any')
    await done('add', 'POST /reports', 'reports.write', '--app-role', 'Reports.Create.All')
    assert.deepEqual(Object.entries(written().resources ?? {}), [
      ['GET /reports/:id', 'reports.read'],
      ['GET /health', 'public'],
      ['PUT /reports/:id', ['reports.read', 'reports.write']],
      ['GET /search', { anyOf: ['reports.read', 'search.read'] }],
      ['POST /reports', { scope: 'reports.write', appRole: 'Reports.Create.All' }],
    ])
  })

  it('puts an entry in front of another, because the first that matches decides', async () => {
    await done('add', 'GET /reports/:id', 'reports.read')
    const behind = await run('add', 'GET /reports/new', 'reports.write')
    assert.deepEqual([behind.exitCode, Object.keys(written().resources ?? {})], [2, ['GET /reports/:id']])
    assert.match(behind.notes, /can never be reached/)
    await done('add', 'GET /reports/new', 'reports.write', '--before', 'GET /reports/:id')
    assert.deepEqual(Object.keys(written().resources ?? {}), ['GET /reports/new', 'GET /reports/:id'])
  })

  it('changes a named table', async () => {
    await done('add', 'ALL /admin', 'authenticated', '--table', 'admin')
    await done('add', 'GET /admin/health', 'public', '--table', 'admin')
    const out = await done('remove', 'ALL /admin', '--table', 'admin', '--json')
    assert.deepEqual(JSON.parse(out), { table: 'admin', resource: 'ALL /admin' })
    assert.deepEqual(written().resourceTables, { admin: { 'GET /admin/health': 'public' } })
    assert.equal(written().resources, undefined)
  })

  it('takes an entry out', async () => {
    await done('add', 'GET /reports/:id', 'reports.read')
    const json = JSON.parse(await done('add', 'GET /health', 'public', '--json')) as unknown
    assert.deepEqual(json, { table: 'resources', resource: 'GET /health', requires: 'public' })
    assert.equal(await done('remove', 'GET /reports/:id'), 'GET /reports/:id has no rule of its own any more.\n')
    assert.deepEqual(written().resources, { 'GET /health': 'public' })
  })

  const refusals: Readonly<Record<string, readonly [words: readonly string[], note: RegExp]>> = {
    'a resource that has a rule': [
      ['add', 'GET /a', 'public'],
      /GET \/a requires a\.read already; first: npx passport-s2s policy remove "GET \/a"/,
    ],
    'what is no resource': [['add', 'reports', 'a.read'], /is no resource/],
    'what is no scope': [['add', 'GET /b', 'a b'], /ERR_S2S_OPTION_INVALID/],
    'nothing that is required': [['add', 'GET /b'], /missing required argument/],
    '--any beside --app-role': [['add', 'GET /b', 'c', '--any', '--app-role', 'd'], /do not go together/],
    '--app-role for two scopes': [['add', 'GET /b', 'c', 'd', '--app-role', 'e'], /give one scope/],
    'an entry that is not there': [['remove', 'GET /b/:id/parts'], /see npx passport-s2s policy list/],
    'a name that is nearly there': [['add', 'GET /b', 'public', '--before', 'GET /A'], /did you mean "GET \/a"\?/],
  }
  for (const [name, [words, note]] of Object.entries(refusals)) {
    it(`refuses ${name} and changes nothing`, async () => {
      await done('add', 'GET /a', 'a.read')
      const outcome = await run(...words)
      assert.deepEqual([outcome.exitCode, written().resources], [2, { 'GET /a': 'a.read' }])
      assert.match(outcome.notes, note)
    })
  }
})
