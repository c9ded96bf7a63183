import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('SECURITY.md', root), 'utf8')

function section(title: string): string {
  const [, after] = text.split(`\n## ${title}\n`)
  assert.ok(after, `SECURITY.md has no section "${title}"`)
  return after.split('\n## ')[0] ?? ''
}

describe('SECURITY.md', () => {
  const promises = section('What we promise')
    .split(/\n- (?=\*\*)/)
    .slice(1)

  it('makes promises', () => {
    assert.ok(promises.length >= 15, `${promises.length} promises`)
  })

  for (const promise of promises) {
    const title = /^\*\*(.+?)\*\*/s.exec(promise)?.[1] ?? promise
    it(`links the specs that hold: ${title.replaceAll(/\s+/g, ' ')}`, () => {
      const links = [...promise.matchAll(/\]\((spec\/[^)]+)\)/g)].map(([, path]) => path ?? '')
      assert.ok(links.length > 0, 'no link to a spec')
      for (const path of links) assert.ok(existsSync(new URL(path, root)), `${path} does not exist`)
    })
  }

  it('lists every run-time package, with its reason', () => {
    const listed = [...section('Run-time dependencies').matchAll(/^\| `([^`]+)` +\| *([^|]+?) *\|/gm)]
    for (const [, name, reason = ''] of listed) assert.ok(reason.length > 20, `no reason for ${name}`)
    assert.deepEqual(listed.map(([, name]) => name).toSorted(), [...installedPackages()].toSorted())
  })
})

interface Installed {
  /** Nobody asks for it: somebody tried something out in this folder. */
  readonly extraneous?: boolean
  readonly dependencies?: Readonly<Record<string, Installed>>
}

/** Names of all packages that an application gets with ours, whoever asks for them. */
function installedPackages(): ReadonlySet<string> {
  const { stdout } = spawnSync('npm', ['ls', '--omit=dev', '--all', '--json'], {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  const names = new Set<string>()
  const visit = ({ dependencies = {} }: Installed): void => {
    for (const [name, installed] of Object.entries(dependencies)) {
      if (installed.extraneous === true) continue
      names.add(name)
      visit(installed)
    }
  }
  visit(JSON.parse(stdout) as Installed)
  return names
}
