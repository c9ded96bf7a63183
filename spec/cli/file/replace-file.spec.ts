import assert from 'node:assert/strict'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { replaceFile } from '../../../lib/cli/file/replace-file.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

describe('replaceFile', () => {
  let folder: ConfigFolder

  beforeEach(() => {
    folder = makeConfigFolder()
  })
  afterEach(() => {
    folder.remove()
  })

  it('makes a file that only its owner may write', async () => {
    await replaceFile(folder.file, 'a')
    assert.deepEqual([readFileSync(folder.file, 'utf8'), statSync(folder.file).mode & 0o777], ['a', 0o644])
  })

  it('keeps the mode, and puts another file in the place of the old one', async () => {
    folder.write('s2s.config.json', 'old')
    chmodSync(folder.file, 0o600)
    const { ino } = statSync(folder.file)
    await replaceFile(folder.file, 'new')
    const after = statSync(folder.file)
    assert.deepEqual([readFileSync(folder.file, 'utf8'), after.mode & 0o777, after.ino === ino], ['new', 0o600, false])
    assert.deepEqual(readdirSync(folder.path), ['s2s.config.json'])
  })

  it('replaces what a link leads to, not the link', async () => {
    const real = folder.write('real.json', 'old')
    symlinkSync(real, folder.file)
    await replaceFile(folder.file, 'new')
    assert.deepEqual([readFileSync(real, 'utf8'), lstatSync(folder.file).isSymbolicLink()], ['new', true])
  })

  it('leaves nothing behind when it cannot be done', async () => {
    const inside = join(folder.path, 'taken')
    mkdirSync(inside)
    await assert.rejects(replaceFile(inside, 'a'), /cannot be written \((EISDIR|ENOTEMPTY|EEXIST|EPERM)\)/)
    assert.deepEqual(readdirSync(folder.path), ['taken'])
    const through = join(folder.write('file', ''), 'x')
    await assert.rejects(replaceFile(through, 'a'), /cannot be written \(ENOTDIR\)/)
  })
})
