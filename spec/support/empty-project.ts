import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, delimiter } from 'node:path'
import { findProgram } from './local-program.ts'
import { root } from './readme.ts'

/** An empty folder, and an `npm` whose `install` needs no network. */
export interface EmptyProject {
  readonly path: string
  /** A folder beside it. */
  readonly tools: string
  /** With the folder of that `npm` in front. */
  readonly searchPath: string
  remove(this: void): void
}

const installed = 'passport-s2s express passport'

/**
 * Makes an empty folder for what a new user types. `npm install passport-s2s express passport` is replaced by a script that
 * puts into `node_modules` what it would: the built package as it is published, the others and its dependencies (linked),
 * and its program in `.bin`. Every other `npm` command is the real one.
 */
export function makeEmptyProject(): EmptyProject {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'specs-new-user-')))
  const path = join(folder, 'project')
  const tools = join(folder, 'tools')
  mkdirSync(path)
  mkdirSync(tools)
  fillModules(join(folder, 'modules'))
  const npm = findProgram('npm')
  if ('missing' in npm) throw new Error(npm.missing)
  const script = `#!/bin/sh\nif [ "$*" = "install ${installed}" ]; then exec mv ../modules node_modules; fi\nexec ${npm.path} "$@"\n`
  writeFileSync(join(tools, 'npm'), script, { mode: 0o755 })
  return {
    path,
    tools,
    searchPath: `${tools}${delimiter}${process.env['PATH'] ?? ''}`,
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Manifest {
  readonly name: string
  readonly bin: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly dependencies: Readonly<Record<string, string>>
}

function fillModules(modules: string): void {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const library = join(modules, manifest.name)
  mkdirSync(join(modules, '.bin'), { recursive: true })
  for (const file of ['package.json', ...manifest.files.filter((name) => !name.startsWith('!'))]) {
    cpSync(join(root, file), join(library, file), { recursive: true })
  }
  for (const name of [...Object.keys(manifest.dependencies), 'express', 'passport']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction')
  }
  for (const [name, program] of Object.entries(manifest.bin)) {
    chmodSync(join(library, program), 0o755)
    symlinkSync(join('..', manifest.name, program), join(modules, '.bin', name))
  }
}
