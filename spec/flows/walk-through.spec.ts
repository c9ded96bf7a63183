import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import request from 'supertest'
import { makeEmptyProject, type EmptyProject } from '../support/empty-project.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { accepts, freePorts } from '../support/local-program.ts'
import { serveByName, type NamedServer } from '../support/named-server.ts'
import { root } from '../support/readme.ts'
import { findTerminal, runInTerminal, type RunningScript } from '../support/terminal.ts'

/**
 * README.md's walk-through, word for word, in an empty folder and a real terminal. Two things stand in for the world:
 * `npm install` (see `makeEmptyProject`), and `farm.example.com:443`, which leads to a server of this spec.
 */

interface Block {
  readonly language: string
  readonly text: string
  /** The file that the words in front of the block name. */
  readonly file: string | undefined
}

const section = readSection('## From a metadata address to a protected route')
const blocks = [...section.matchAll(/(.*)\n\n```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, words = '', language = '', text = '']): Block => ({ language, text, file: /`([\w.]+)`:$/.exec(words)?.[1] }),
)
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
const code = blocks.find(({ language }) => language === 'js')

function readSection(title: string): string {
  const [, rest = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(`\n${title}\n`)
  return rest.split('\n## ', 1).join()
}

interface WrittenConfig {
  readonly self: { readonly clientId: string; readonly realm: string; readonly hosts: readonly string[] }
  readonly trustedIssuers: readonly { readonly name: string }[]
}

const terminal = findTerminal()

describe("README's walk-through", { skip: 'missing' in terminal && terminal.missing }, () => {
  let farm: Farm
  let server: NamedServer
  let project: EmptyProject
  let port: number
  let running: RunningScript | undefined

  before(async () => {
    farm = await makeFarm({
      realm: '0c5d3c9a-6f0e-4a38-8f53-1f5a4cbb0001',
      clientId: '00000003-0000-0ff1-ce00-000000000000',
      issuerId: '00000003-0000-0ff1-ce00-000000000000',
      audience: 'said with each token',
      clock: () => Date.now() / 1000,
    })
    server = await serveByName('farm.example.com', { '/_layouts/15/metadata/json/1': farm.metadata('sharepoint') })
    project = makeEmptyProject()
    ;[port = 0] = await freePorts(1)
    writeFileSync(join(project.tools, 'lead.cjs'), server.preload)
    writeFileSync(join(project.tools, 'ca.pem'), server.ca)
  })
  after(async () => {
    running?.interrupt()
    await running?.ended
    project.remove()
    await server.close()
  })

  /** As a user pastes it. */
  function paste(text: string): RunningScript {
    const file = join(project.tools, 'pasted.sh')
    writeFileSync(file, text)
    return runInTerminal(file, {
      cwd: project.path,
      env: {
        PATH: project.searchPath,
        HOME: project.tools,
        PORT: String(port),
        NODE_OPTIONS: `--require ${join(project.tools, 'lead.cjs')}`,
        NODE_EXTRA_CA_CERTS: join(project.tools, 'ca.pem'),
        npm_config_offline: 'true',
      },
      answers: [['[y/N] ', 'y']],
    })
  }
  const written = (): WrittenConfig =>
    JSON.parse(readFileSync(join(project.path, 's2s.config.json'), 'utf8')) as WrittenConfig

  /** A token for whom the farm's administrator was told to make tokens. */
  function tokenForUs(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { clientId, hosts, realm } = written().self
    return farm.appOnlyToken({ aud: `${clientId}/${hosts[0] ?? ''}@${realm}`, ...claims })
  }

  it('prints commands, six lines of code for one file, and commands again', () => {
    assert.deepEqual(
      blocks.map(({ language, file }) => [language, file]),
      [['sh', undefined], ['js', 'app.js'], ['sh', undefined]], // prettier-ignore
    )
    const marked = [...(code?.text ?? '').matchAll(/ \/\/ (\d)(?::|$)/gm)].map(([, number]) => number)
    assert.deepEqual(marked, ['1', '2', '3', '4', '5', '6'])
  })

  it('trusts the farm after a question, grants, and writes the rule', async () => {
    const pasted = paste(commands[0] ?? '')
    assert.equal(await pasted.ended, 0, pasted.shown())
    assert.deepEqual(pasted.answered, ['y'])
    const [asked = ''] = pasted.shown().split('[y/N]')
    const thumbprint = Buffer.from(farm.certificate.x5tS256, 'base64url').toString('hex').toUpperCase()
    for (const shown of [farm.issuerName, thumbprint]) assert.ok(asked.includes(shown), `${shown} is not shown before`)
    assert.deepEqual(
      written().trustedIssuers.map(({ name }) => name),
      ['farm'],
    )
  })

  it('covers every route, finds nothing wrong, and listens', async () => {
    writeFileSync(join(project.path, code?.file ?? ''), code?.text ?? '')
    running = paste(commands[1] ?? '')
    await Promise.race([running.ended.then(() => assert.fail(`ended: ${running?.shown() ?? ''}`)), listening(port)])
    assert.match(running.shown(), /Every route has a rule, and every rule a route\./)
  })

  /** As the proxy in front asks, where the headers say so. */
  const ask = (headers: Readonly<Record<string, string>>, path = '/reports/1'): request.Test =>
    request(`http://127.0.0.1:${port}`).get(path).set(headers)

  // The handler is the only code that writes "caller": without it, it did not run.
  it('lets the farm in, and nobody else', async () => {
    const overTls = { 'X-Forwarded-Proto': 'https' }
    const withToken = async (claims = {}): Promise<Record<string, string>> => ({
      ...overTls,
      Authorization: `Bearer ${await tokenForUs(claims)}`,
    })
    const good = await withToken()
    assert.deepEqual((await ask(good).expect(200)).body, { caller: '00000003-0000-0ff1-ce00-000000000000' })
    const { Authorization = '' } = good
    const refused: readonly (readonly [status: number, test: request.Test])[] = [
      [401, ask(overTls)],
      [401, ask({ ...good, Authorization: `${Authorization.slice(0, -8)}AAAAAAAA` })],
      [401, ask(await withToken({ aud: 'other/reports.example.com@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011' }))],
      [401, ask(await withToken({ nameid: 'stranger@0c5d3c9a-6f0e-4a38-8f53-1f5a4cbb0001' }))],
      [403, ask({ Authorization })],
      [403, ask(good, '/other')],
    ]
    for (const [status, test] of refused) assert.equal('caller' in (await test.expect(status)).body, false)
  })

  it('fails the check when a route has no rule, while the application runs', async () => {
    const [check = ''] = /^npx passport-s2s policy check .*$/m.exec(commands[1] ?? '') ?? []
    const file = join(project.path, code?.file ?? '')
    const unruled = "app.get('/secrets', (req, res) => res.end())\n"
    writeFileSync(
      file,
      (code?.text ?? '').replace('app.listen', () => `${unruled}app.listen`),
    )
    const pasted = paste(check)
    assert.equal(await pasted.ended, 1, pasted.shown())
    assert.match(pasted.shown(), /GET \/secrets: the resource table in front of it has no rule/)
  })

  it('stops believing the farm while the application runs', async () => {
    const headers = { 'X-Forwarded-Proto': 'https', Authorization: `Bearer ${await tokenForUs()}` }
    await ask(headers).expect(200)
    const pasted = paste('npx passport-s2s trust suspend farm')
    assert.deepEqual([await pasted.ended, pasted.answered], [0, ['y']], pasted.shown())
    const deadline = Date.now() + 10_000
    while ((await ask(headers)).status !== 401) {
      assert.ok(Date.now() < deadline, 'the farm is still believed')
      await wait(20)
    }
  })
})

/** The commands in front of it take some seconds. */
async function listening(port: number): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await accepts(port))) {
    assert.ok(Date.now() < deadline, 'the application does not listen')
    await wait(50)
  }
}
