import assert from 'node:assert/strict'
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { watchedNames } from '../../lib/config/watched-names.ts'
import { makeConfigFolder } from '../support/config-folder.ts'

describe('watchedNames', () => {
  const folder = makeConfigFolder()
  const root = realpathSync(folder.path)
  after(() => {
    folder.remove()
  })

  const namesOf = (...files: readonly string[]): Record<string, readonly string[]> =>
    Object.fromEntries(
      [...watchedNames(files)].map(([path, names]) => [
        path.slice(root.length) || '/',
        [...names].filter((name) => name !== basename(path)).sort(),
      ]),
    )

  it('is a file in its folder', () => {
    folder.write('a.json', {})
    folder.write('b.json', {})
    assert.deepEqual(namesOf(join(root, 'a.json'), join(root, 'b.json')), { '/': ['a.json', 'b.json'] })
  })

  it('holds the name of the folder, which may be replaced itself', () => {
    assert.ok(
      watchedNames([join(root, 'a.json')])
        .get(root)
        ?.has(basename(root)),
    )
  })

  it('is every link on the way of a ConfigMap', () => {
    mkdirSync(join(root, 'map', '..2026'), { recursive: true })
    symlinkSync('..2026', join(root, 'map', '..data'))
    symlinkSync('..data/a.json', join(root, 'map', 'a.json'))
    assert.deepEqual(namesOf(join(root, 'map', 'a.json')), { '/map': ['..data', 'a.json'], '/map/..2026': ['a.json'] })
  })

  it('is the link of a folder further up', () => {
    mkdirSync(join(root, 'releases', '1', 'conf'), { recursive: true })
    symlinkSync(join(root, 'releases', '1'), join(root, 'current'))
    const expected = { '/': ['current'], '/releases/1/conf': ['a.json'] }
    assert.deepEqual(namesOf(join(root, 'current', 'conf', 'a.json')), expected)
  })

  it('is the first name that is missing', () => {
    assert.deepEqual(namesOf(join(root, 'none', 'at', 'all.json')), { '/': ['none'] })
  })

  it('ends where links go in a circle', () => {
    symlinkSync('two', join(root, 'one'))
    symlinkSync('one', join(root, 'two'))
    assert.deepEqual(namesOf(join(root, 'one')), { '/': ['one', 'two'] })
  })
})
