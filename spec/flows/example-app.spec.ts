import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServers, type ExampleServers } from '../../example-app/start-servers.ts'
import { rollOverUnderTraffic } from '../../example-app/roll-over.ts'
import { tellStory } from '../../example-app/story.ts'
import type { Chapter } from '../../example-app/chapter.ts'
import { tellChapter } from '../../example-app/tell-chapter.ts'

const titles = [
  'Nobody in particular',
  'asks who we are',
  'reads a document as itself',
  'The other direction',
  'OAuth 2.0',
  'on behalf of Dana, whom',
  'There and back',
  'two profiles',
  'two people',
  'nobody knows',
  'finds out where to get a token',
  'needs another scope',
  'only the scope to read',
  'who may only read',
  'nobody granted',
  'no entry of the table',
  'another server',
  'unsigned token',
  'plain http',
  'goes down',
  'could never be fetched',
]

describe('the example app', () => {
  let servers: ExampleServers
  const printed: string[] = []
  const tokens: string[] = []

  before(async () => {
    servers = await startServers()
  })
  after(() => servers.close())

  /** The chapter, with its token kept. */
  function listenIn(chapter: Chapter): Chapter {
    if (chapter.client !== undefined || chapter.authorization === undefined) return chapter
    const { authorization } = chapter
    return {
      ...chapter,
      authorization: async () => {
        const value = await authorization()
        tokens.push(value.slice('Bearer '.length))
        return value
      },
    }
  }

  it('tells its story: every answer is as expected', async () => {
    const chapters = tellStory(servers)
    assert.equal(chapters.length, titles.length)
    for (const [index, chapter] of chapters.entries()) {
      const { isExpected, text } = await tellChapter(listenIn(chapter), servers)
      assert.ok(isExpected, text)
      assert.ok(text.includes(titles[index] ?? '?'), text)
      printed.push(text, JSON.stringify(servers.events))
    }
    assert.deepEqual(
      [...new Set(chapters.map(({ expectedStatus }) => expectedStatus))].sort((left, right) => left - right),
      [200, 401, 403, 503],
    )
  })

  it('says what the chapters promise', () => {
    const text = printed.join('\n')
    for (const said of [
      'WWW-Authenticate: Bearer realm="7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011"',
      'client_id="00000003-0000-0ff1-ce00-000000000000"',
      '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605 for dana, vouched for by report server',
      '00000003-0000-0ff1-ce00-000000000000 for dana, vouched for by document service',
      'ERR_S2S_USER_AMBIGUOUS',
      'ERR_S2S_USER_CONFLICT',
      'billing, vouched for by openid provider',
      'ERR_S2S_SCOPE_MISSING',
      'ERR_S2S_KEYS_UNREACHABLE',
      'provider: GET /.well-known/oauth-authorization-server 200',
      'note 7, read by assistant',
      '"name":"token.exposed"',
      '"name":"delegation.accepted"',
    ]) {
      assert.ok(text.includes(said), said)
    }
  })

  it('rolls a key over while calls go on, and none fails', async () => {
    const before = servers.reportS2S.signingKeys().current().x5t
    const { calls, failed, tooEarly } = await rollOverUnderTraffic(servers)
    assert.equal(failed, 0)
    assert.ok(calls >= 160, String(calls))
    assert.match(tooEarly, /switchToNext\(\) is possible from/)
    const keys = servers.reportS2S.signingKeys()
    assert.notEqual(keys.current().x5t, before)
    assert.deepEqual(
      keys.published().map(({ x5t }) => x5t),
      [keys.current().x5t],
    )
  })

  it('prints no token, nor a part of one', () => {
    const text = printed.join('\n')
    const parts = tokens.flatMap((token) => token.split('.')).filter((part) => part.length > 12)
    assert.ok(parts.length > 15)
    for (const part of parts) assert.ok(!text.includes(part), 'a part of a token is printed')
    assert.doesNotMatch(text, /eyJ[\w-]{8}/)
  })

  it('ends with 0 and says so when told to run once', () => {
    const root = join(import.meta.dirname, '..', '..')
    const arguments_ = ['--import', 'tsx', join(root, 'example-app', 'main.ts'), '--once']
    const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, { cwd: root, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /22 chapters, every answer as the story says\.\s*$/)
    assert.match(stdout, /wait two, retire: \d+ calls, 0 failed/)
    assert.doesNotMatch(stdout + stderr, /eyJ[\w-]{8}/)
  })
})
