import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, it } from 'node:test'
import { runLine, runWords, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

const urlOf = (file: string): string => pathToFileURL(join(import.meta.dirname, '..', '..', '..', file)).href

/** An application as a user writes one; `routes` stands behind the guard. */
function applicationText(routes: string): string {
  return `
import express from ${JSON.stringify(urlOf('node_modules/express/index.js'))}
import { createS2S } from ${JSON.stringify(urlOf('lib/create-s2s.ts'))}
export const s2s = createS2S({ trustedIssuers: [] })
export const app = express()
app.use(s2s.protect({ 'GET /reports/:id': 'reports.read' }))
${routes}
`
}

describe('policy check, list and explain', () => {
  let folder: ConfigFolder

  before(() => {
    folder = makeConfigFolder()
    folder.write('package.json', { type: 'module' })
    folder.write('s2s.config.json', {
      trustedIssuers: [],
      resources: {
        'GET /health': 'public',
        'GET /Reports/:id': 'reports.read',
        'GET /reports/:id': ['reports.read', 'a'],
      },
      resourceTables: { admin: { 'ALL /admin': 'authenticated' } },
    })
    folder.write('empty.json', { trustedIssuers: [] })
    folder.write('equal.json', { trustedIssuers: [], resources: { 'GET /a/:b': 'public', 'GET /a/:c': 'public' } })
  })
  after(() => {
    folder.remove()
  })

  const run = (line: string): Promise<CommandOutcome> => runLine(`policy ${line}`, { cwd: folder.path })

  it('lists what each resource of each table requires', async () => {
    folder.write('list.json', {
      trustedIssuers: [],
      resources: { 'GET /health': 'public', 'GET /reports/:id': ['reports.read', 'a'] },
      resourceTables: { admin: { 'ALL /admin': 'authenticated' } },
    })
    const { out } = await run('list --config list.json')
    assert.match(out, /^TABLE +RESOURCE +REQUIRES\nresources +GET \/health +public\n/)
    assert.match(out, /resources +GET \/reports\/:id +\["reports\.read","a"\]\nadmin +ALL \/admin +authenticated\n$/)
  })

  it('explains which entries judge a request', async () => {
    folder.write('list.json', {
      trustedIssuers: [],
      resources: { 'GET /reports/:id': 'reports.read', 'GET /reports/:id/parts': 'parts.read' },
      resourceTables: { admin: { 'ALL /admin': 'authenticated' } },
    })
    const listed = await run('explain get /reports/1 --config list.json')
    assert.deepEqual(
      [listed.exitCode, listed.out],
      [0, 'GET /reports/1 is judged by\n  GET /reports/:id: reports.read\n'],
    )
    const admin = await run('explain DELETE /admin --table admin --config list.json')
    assert.match(admin.out, /ALL \/admin: authenticated/)
  })

  it('finds what is refused to everybody, and paths that are ambiguous', async () => {
    const unlisted = await run('explain POST /health --config list.json')
    assert.deepEqual([unlisted.exitCode, /ERR_S2S_RESOURCE_NOT_LISTED/.test(unlisted.out)], [1, true])
    const ambiguous = await run('explain GET //reports/1 --config list.json')
    assert.deepEqual([ambiguous.exitCode, /ERR_S2S_PATH_AMBIGUOUS/.test(ambiguous.out)], [1, true])
  })

  it('refuses a path without slash, an unknown table, and a configuration without tables', async () => {
    for (const [line, note] of [
      ['explain GET reports --config list.json', /must begin with a slash/],
      ['explain GET / --table other --config list.json', /there are resources, admin/],
      ['list --config empty.json', /has no resource table/],
      ['check --config equal.json', /ERR_S2S_OPTION_INVALID/],
    ] as const) {
      const outcome = await run(line)
      assert.equal(outcome.exitCode, 2, line)
      assert.match(outcome.notes, note)
    }
  })

  it('checks the tables of the configuration', async () => {
    const { exitCode, out } = await run('check --config list.json')
    assert.deepEqual([exitCode, /^resources: 2 entries[^]*admin: 1 entries/.test(out)], [0, true])
  })

  it('finds the route of an application that has no rule, and the rule that has no route', async () => {
    folder.write('open.mjs', applicationText("app.get('/secrets', (request, response) => response.end())"))
    const { exitCode, out, notes } = await run('check --app open.mjs')
    assert.equal(exitCode, 1, notes)
    assert.match(out, /GET \/secrets: the resource table in front of it has no rule/)
    assert.match(out, /rule GET \/reports\/:id: no route is served by it/)
    const json = await run('check --app open.mjs --json')
    assert.equal((JSON.parse(json.out) as { complete: boolean }).complete, false)
  })

  it('is content with an application that is covered, or uncovered on purpose', async () => {
    const text = "app.get('/reports/:id', (request, response) => response.end())\nexport default { app, s2s }"
    folder.write('covered.mjs', applicationText(text).replaceAll('export const', 'const'))
    const { exitCode, out, notes } = await run('check --app covered.mjs')
    assert.equal(exitCode, 0, notes)
    assert.match(out, /GET \/reports\/:id +guarded/)
    const allow = [
      'policy',
      'check',
      '--app',
      'open.mjs',
      '--allow',
      'GET /secrets',
      '--allow',
      'rule GET /reports/:id',
    ]
    const allowed = await runWords(allow, { cwd: folder.path })
    assert.equal(allowed.exitCode, 0, allowed.notes)
  })

  it('runs an application that listens, but not where it is called: its port may be taken by itself', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const routes = `app.get('/reports/:id', (request, response) => response.end())
import { once } from 'node:events'
const server = app.listen(${port}, '127.0.0.1', () => { globalThis.whereSpecAppListens = server.address() })
server.unref()
await once(server, 'listening')
const quiet = app.listen(${port})
await once(quiet, 'listening')
quiet.close()
server.close()`
    folder.write('listening.mjs', applicationText(routes))
    try {
      const { exitCode, notes } = await run('check --app listening.mjs')
      assert.equal(exitCode, 0, notes)
      const { whereSpecAppListens: place } = globalThis as unknown as { whereSpecAppListens: AddressInfo }
      assert.equal(place.address, '127.0.0.1')
      assert.notEqual(place.port, port)
    } finally {
      taken.close()
    }
    const after = createServer().listen(0, '0.0.0.0')
    await once(after, 'listening')
    assert.equal((after.address() as AddressInfo).address, '0.0.0.0', 'others listen where they want again')
    after.close()
  })

  it('refuses a module that cannot be loaded or exports something else, in one line', async () => {
    folder.write('broken.mjs', "throw new Error('first line\\nsecond line')")
    folder.write('other.mjs', 'export const app = 1')
    for (const [line, note] of [
      ['check --app broken.mjs', /cannot be loaded: Error: first line\n$/],
      ['check --app no.mjs', /cannot be loaded/],
      ['check --app other.mjs', /must export the Express application as app/],
      ['check --app open.mjs --allow nothing', /ERR_S2S_OPTION_INVALID/],
    ] as const) {
      const outcome = await run(line)
      assert.equal(outcome.exitCode, 2, line)
      assert.match(outcome.notes, note)
    }
  })
})
