import assert from 'node:assert/strict'
import fs, { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { after, afterEach, describe, it, mock } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { watchFiles, type FileWatch } from '../../lib/config/watch-files.ts'
import { makeConfigFolder, until } from '../support/config-folder.ts'

describe('watchFiles', () => {
  const folder = makeConfigFolder()
  const file = folder.write('a.json', {})
  let watch: FileWatch | undefined
  afterEach(() => {
    watch?.close()
  })
  after(() => {
    folder.remove()
  })

  /** Does something and waits until that was noticed. */
  async function notices(files: readonly string[], change: () => void): Promise<void> {
    let calls = 0
    watch = watchFiles(() => {
      calls += 1
    })
    watch.follow(files)
    change()
    await until(() => calls > 0, 'a change was noticed')
    watch.close()
  }

  it('looks again when a folder went away before it could be watched', async () => {
    const gone = mock.method(fs, 'watch', () => {
      throw Object.assign(new Error('gone'), { code: 'ENOENT' })
    })
    syncBuiltinESMExports()
    try {
      await notices([file], () => undefined)
    } finally {
      gone.mock.restore()
      syncBuiltinESMExports()
    }
  })

  it('notices a file that is written, replaced, removed and made', async () => {
    await notices([file], () => folder.write('a.json', { a: 1 }))
    await notices([file], () => {
      folder.replace('a.json', { a: 2 })
    })
    await notices([file], () => {
      rmSync(file)
    })
    await notices([file], () => folder.write('a.json', {}))
  })

  it('notices the swap of a link, as Kubernetes does it', async () => {
    const map = join(folder.path, 'map')
    for (const version of ['..1', '..2']) {
      mkdirSync(join(map, version), { recursive: true })
      writeFileSync(join(map, version, 'a.json'), version)
    }
    symlinkSync('..1', join(map, '..data'))
    symlinkSync('..data/a.json', join(map, 'a.json'))
    await notices([join(map, 'a.json')], () => {
      symlinkSync('..2', join(map, '..data_tmp'))
      renameSync(join(map, '..data_tmp'), join(map, '..data'))
    })
  })

  it('notices a folder that is replaced, and follows into the new one', async () => {
    const inner = join(folder.path, 'inner')
    mkdirSync(inner)
    writeFileSync(join(inner, 'a.json'), '1')
    let calls = 0
    watch = watchFiles(() => {
      calls += 1
      watch?.follow([join(inner, 'a.json')])
    })
    watch.follow([join(inner, 'a.json')])
    renameSync(inner, `${inner}-old`)
    await until(() => calls === 1, 'the folder is gone')
    mkdirSync(inner)
    await until(() => calls > 1, 'the folder is there')
    const before = calls
    writeFileSync(join(inner, 'a.json'), '2')
    await until(() => calls > before, 'the file is there')
  })

  it('calls once for many changes at once, and not for other files', async () => {
    let calls = 0
    watch = watchFiles(() => {
      calls += 1
    })
    watch.follow([file])
    for (let index = 0; index < 20; index++) folder.write('other.json', { index })
    folder.write('a.json', { b: 1 })
    folder.write('a.json', { b: 2 })
    await until(() => calls > 0, 'a change was noticed')
    assert.equal(calls, 1)
  })

  it('is silent once it is closed', async () => {
    let calls = 0
    const closed = watchFiles(() => {
      calls += 1
    })
    closed.follow([file])
    folder.write('a.json', { c: 1 })
    closed.close()
    closed.follow([file])
    unlinkSync(folder.write('b.json', {}))
    await notices([file], () => folder.write('a.json', { c: 2 }))
    await wait(0)
    assert.equal(calls, 0)
  })
})
