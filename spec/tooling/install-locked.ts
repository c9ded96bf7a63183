import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Installs into a folder with a lock file of its own, unless exactly what that file says is there already. */
export function installLocked(folder: string): void {
  if (isAsLocked(folder)) return
  const target = relative(process.cwd(), join(folder, 'node_modules'))
  console.error(`installing into ${target}`)
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

function isAsLocked(folder: string): boolean {
  /** npm's own note of what it installed; it leaves out what is for other machines. */
  const note = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(note)) return false
  const locked = packagesOf(join(folder, 'package-lock.json'))
  const present = packagesOf(note)
  return Object.entries(locked).every(
    ([path, { version, optional = false }]) => path === '' || optional || present[path]?.version === version,
  )
}

interface LockedPackages {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>
}

function packagesOf(file: string): LockedPackages['packages'] {
  return (JSON.parse(readFileSync(file, 'utf8')) as LockedPackages).packages
}
