import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = import.meta.dirname
/** npm's own note of what it installed. */
const installed = join(folder, 'node_modules', '.package-lock.json')

/** Installs the peers into this folder, unless exactly those of the lock file are there already. */
export function installPeers(): void {
  if (existsSync(installed) && isAsLocked()) return
  console.error('installing the peers into spec/bench/node_modules')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
}

function isAsLocked(): boolean {
  const locked = packagesOf(join(folder, 'package-lock.json'))
  const present = packagesOf(installed)
  return Object.entries(locked).every(([path, { version }]) => path === '' || present[path]?.version === version)
}

interface LockedPackages {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>
}

function packagesOf(file: string): LockedPackages['packages'] {
  return (JSON.parse(readFileSync(file, 'utf8')) as LockedPackages).packages
}
