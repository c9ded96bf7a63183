import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startServers, type ExampleServers } from '../../example-app/start-servers.ts'
import { tellStory } from '../../example-app/story.ts'
import { tellChapter } from '../../example-app/tell-chapter.ts'

const titles = [
  'Nobody in particular',
  'asks who we are',
  'as itself',
  'on behalf of Dana (S2S',
  'OAuth 2.0',
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
  before(async () => {
    servers = await startServers()
  })
  after(() => servers.close())

  it('tells its story: every call is answered as it says, and no token is printed', async () => {
    const chapters = tellStory(servers)
    assert.equal(chapters.length, titles.length)
    for (const [index, chapter] of chapters.entries()) {
      const { isExpected, text } = await tellChapter(chapter, servers)
      assert.ok(isExpected, text)
      assert.ok(text.includes(titles[index] ?? '?'), text)
      assert.doesNotMatch(text, /eyJ[\w-]{8,}/)
    }
  })

  it('ends with 0 and says so when told to run once', () => {
    const root = join(import.meta.dirname, '..', '..')
    const arguments_ = ['--import', 'tsx', join(root, 'example-app', 'main.ts'), '--once']
    const { status, stdout } = spawnSync(process.execPath, arguments_, { cwd: root, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /14 calls, every answer as the story says\.\s*$/)
  })
})
