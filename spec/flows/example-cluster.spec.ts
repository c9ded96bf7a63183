import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { findRedis, startRedis } from '../support/redis-server.ts'
import { root } from '../support/readme.ts'

const found = findRedis()

async function runCluster(redisUrl?: string): Promise<string> {
  const program = ['--import', import.meta.resolve('tsx'), join(root, 'example-app', 'cluster', 'main.ts')]
  const env: NodeJS.ProcessEnv = { ...process.env, REDIS_URL: redisUrl }
  if (redisUrl === undefined) delete env['REDIS_URL']
  const { stdout } = await promisify(execFile)(process.execPath, program, { env })
  return stdout
}

function assertAsExpected(printed: string): void {
  const lines = printed.trim().split('\n').slice(1)
  assert.equal(lines.length, 3, printed)
  for (const line of lines) assert.match(line, /^ {2}as expected: /)
}

describe('node:cluster in the example app', () => {
  it('has workers that share the state of the primary', async () => {
    const printed = await runCluster()
    assert.match(printed, /share .* and the state of the primary/)
    assertAsExpected(printed)
  })

  it('has workers that share a Redis', { skip: 'missing' in found ? found.missing : false }, async () => {
    const redis = await startRedis('path' in found ? found.path : '')
    try {
      const printed = await runCluster(redis.url)
      assert.match(printed, /share .* and a Redis/)
      assertAsExpected(printed)
    } finally {
      await redis.close()
    }
  })
})
