import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseS2SMetadata } from '../../../lib/metadata/s2s-metadata.ts'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

interface WrittenKey {
  readonly privateKey: { readonly file: string }
  readonly certificate: { readonly file: string }
}
interface WrittenConfig {
  readonly self: {
    readonly hosts: readonly string[]
    readonly signingKeys: {
      readonly current: WrittenKey
      readonly next?: WrittenKey
      readonly previous?: WrittenKey
      readonly nextPublishedAt?: number
      readonly switchedAt?: number
    }
  }
}

const day = 86_400
const start = Date.UTC(2026, 0) / 1000

describe('keys generate, roll and show', () => {
  let folder: ConfigFolder
  let now = start

  before(() => {
    folder = makeConfigFolder()
  })
  after(() => {
    folder.remove()
  })

  const run = (line: string): Promise<CommandOutcome> => runLine(line, { cwd: folder.path, clock: () => now })
  const keys = (): WrittenConfig['self']['signingKeys'] =>
    (JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig).self.signingKeys
  const files = (): readonly string[] => readdirSync(join(folder.path, 'keys'))

  it('has nothing to show before there are keys', async () => {
    folder.write('s2s.config.json', { self: { clientId: 'a', realm: 'r', hosts: ['b.c'] }, trustedIssuers: [] })
    for (const line of ['keys show', 'keys roll', 'metadata show']) {
      const outcome = await run(line)
      assert.equal(outcome.exitCode, 2)
      assert.match(outcome.notes, /keys generate/)
    }
  })

  it('says what it needs, and refuses days that are none', async () => {
    const outcome = await run('keys generate --config new.json')
    assert.deepEqual([outcome.exitCode, /--host/.test(outcome.notes)], [2, true])
    const days = await run('keys generate --days many')
    assert.deepEqual([days.exitCode, /days must be a whole number/.test(days.notes)], [2, true])
  })

  it('makes the first key: the private half for its owner alone, and never shown', async () => {
    const outcome = await run('keys generate')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    const { privateKey, certificate } = keys().current
    assert.match(privateKey.file, /^\.\/keys\/s2s-[0-9a-f]{12}\.key\.pem$/)
    const file = join(folder.path, privateKey.file)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder.path, 'keys')).mode & 0o777, 0o700)
    const shown = await run('keys show --json')
    const secret = readFileSync(file, 'utf8').split('\n')[1] ?? ''
    assert.ok(secret.length > 40)
    assert.equal(`${outcome.out}${outcome.notes}${shown.out}`.includes(secret), false)
    assert.match(readFileSync(join(folder.path, certificate.file), 'utf8'), /BEGIN CERTIFICATE/)
    assert.match((await run('keys generate')).notes, /keys roll/)
  })

  it('publishes what partners need', async () => {
    const outcome = await run('metadata show --origin https://reports.example.com --product exchange')
    const metadata = parseS2SMetadata(JSON.parse(outcome.out) as Record<string, unknown>)
    assert.deepEqual([metadata.issuer, metadata.certificates.length], ['a@r', 1])
    assert.match(outcome.out, /https:\/\/reports\.example\.com\/autodiscover\/metadata\/json\/1/)
    assert.match((await run('metadata show')).out, /https:\/\/b\.c\/_layouts/)
    const refused = await run('metadata show --product lync')
    assert.deepEqual([refused.exitCode, /must be one of/.test(refused.notes)], [2, true])
  })

  it('rolls the key over in three runs, and refuses each before its time', async () => {
    const first = keys().current
    const published = await run('keys roll')
    assert.equal(published.exitCode, 0, published.notes)
    const { next } = keys()
    assert.equal(files().length, 4)

    now += day - 60
    const early = await run('keys roll')
    assert.deepEqual([early.exitCode, keys().current], [1, first])
    assert.match(early.notes, /keys roll is possible again from 2026-01-02T00:00:00\.000Z on/)

    now += 60
    assert.equal((await run('keys roll')).exitCode, 0)
    assert.deepEqual([keys().current, keys().previous, keys().next], [next, first, undefined])
    assert.match((await run('keys show')).out, /last switch: 2026-01-02/)
    assert.equal((await run('keys roll')).exitCode, 1)

    now += 2 * day
    assert.equal((await run('keys roll')).exitCode, 0)
    assert.deepEqual(keys(), { current: next })
  })

  it('retires the previous key when a next one is published already', async () => {
    const before = keys()
    assert.equal((await run('keys roll --days 900 --name reports')).exitCode, 0)
    const { next } = keys()
    const previous = { privateKey: first().privateKey, certificate: first().certificate }
    const signingKeys = { ...keys(), previous, switchedAt: Math.floor(now) - 10 * day }
    const config = JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig
    folder.write('s2s.config.json', { ...config, self: { ...config.self, signingKeys } })
    assert.match((await run('keys show')).out, /next published: 2026/)
    assert.equal((await run('keys roll')).exitCode, 0)
    assert.deepEqual([keys().current, keys().next, keys().previous], [before.current, next, undefined])
    assert.equal(typeof keys().nextPublishedAt, 'number')
  })

  function first(): WrittenKey {
    const used = [keys().current, keys().next].map((key) => key?.certificate.file)
    const certificate = files().find((file) => !file.includes('.key.') && !used.includes(`./keys/${file}`)) ?? ''
    return {
      privateKey: { file: `./keys/${certificate.replace('.pem', '.key.pem')}` },
      certificate: { file: `./keys/${certificate}` },
    }
  }

  it('says when it cannot write', async () => {
    folder.write('file', '')
    const outcome = await run('keys roll --out file/keys --config s2s.config.json')
    assert.equal(outcome.exitCode, 1) // the next key is published already, and it is too early to switch
    folder.write('other.json', { self: { clientId: 'a', realm: 'r', hosts: ['b.c'] }, trustedIssuers: [] })
    const refused = await run('keys generate --config other.json --out file/keys')
    assert.deepEqual([refused.exitCode, /cannot be written \(ENOTDIR\)/.test(refused.notes)], [2, true])
  })
})
