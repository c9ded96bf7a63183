import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { maximumFileBytes, readTextFile } from '../../lib/config/read-text-file.ts'
import { writeFileSync } from 'node:fs'
import { makeConfigFolder } from '../support/config-folder.ts'

describe('readTextFile', () => {
  const folder = makeConfigFolder()
  after(() => {
    folder.remove()
  })

  it('reads text, without a byte order mark', async () => {
    assert.equal(await readTextFile(folder.write('a', '\ufeffäöü')), 'äöü')
    assert.equal(await readTextFile(folder.write('empty', '')), '')
  })

  it('reads as much as it may and no more', async () => {
    assert.equal((await readTextFile(folder.write('long', 'x'.repeat(maximumFileBytes)))).length, maximumFileBytes)
    await assert.rejects(readTextFile(folder.write('longer', 'x'.repeat(maximumFileBytes + 1))), {
      message: 'is longer than 524288 bytes',
    })
  })

  it('refuses what is not there, no file, or no UTF-8', async () => {
    await assert.rejects(readTextFile(join(folder.path, 'nothing')), { message: 'cannot be read (ENOENT)' })
    await assert.rejects(readTextFile(folder.path), { message: /^(is no file|cannot be read \(E\w+\))$/ })
    writeFileSync(join(folder.path, 'bytes'), Buffer.from([0xff, 0xfe, 0x00]))
    await assert.rejects(readTextFile(join(folder.path, 'bytes')), { message: 'is not UTF-8' })
  })

  it(
    'never waits for a pipe or a device',
    { skip: process.platform === 'win32' ? 'no pipes there' : false },
    async () => {
      const pipe = join(folder.path, 'pipe')
      execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
      await assert.rejects(readTextFile(pipe), { message: 'is no file' })
      await assert.rejects(readTextFile('/dev/zero'), { message: 'is no file' })
    },
  )
})
