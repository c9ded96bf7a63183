import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from './source-files.ts'

const execute = promisify(execFile)

/** What `npm pack` would publish. */
export interface PackedLibrary {
  readonly tarball: string
  /** Paths in the package. */
  readonly files: readonly string[]
}

/** Packs the library as it was built, into `folder`. */
export async function packLibrary(folder: string): Promise<PackedLibrary> {
  const options = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await execute('npm', options, { cwd: repository, shell: process.platform === 'win32' })
  const packed = Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>)[0]
  if (packed === undefined) throw new Error('npm pack packed nothing')
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }) => path) }
}

/** A user's project, with the packed library unpacked in its node_modules. */
export interface ConsumerProject {
  /** Runs a program with Node in the project; gives what it printed. */
  run(name: string, source: string, ...parameters: readonly string[]): Promise<string>
  /** Compiles a TypeScript file of the repository in the project; gives the compiler's complaints. */
  compile(file: string): Promise<string>
  remove(): void
}

/** What stands in node_modules of a consumer's project, besides the library: name there -> name here. */
export interface ConsumerPackages {
  readonly linked: Readonly<Record<string, string>>
  /** Copied, so that what they import is looked for in the project too. */
  readonly copied?: Readonly<Record<string, string>>
}

/** Makes a project outside the repository. No network is needed: dependencies are those of the repository. */
export async function makeConsumerProject(
  library: PackedLibrary,
  packages: ConsumerPackages,
): Promise<ConsumerProject> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'passport-s2s-consumer-')))
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'passport-s2s'), { recursive: true })
  const target = ['-xzf', library.tarball, '--strip-components=1', '-C', join(modules, 'passport-s2s')]
  await execute('tar', target)
  for (const [name, source] of Object.entries(packages.linked)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(repository, 'node_modules', source), join(modules, name), 'junction')
  }
  for (const [name, source] of Object.entries(packages.copied ?? {})) {
    cpSync(join(repository, 'node_modules', source), join(modules, name), { recursive: true })
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  return {
    run: (name, source, ...parameters) => runProgram(join(folder, name), source, parameters),
    compile: (file) => compileFile(folder, file),
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Node hands its coverage folder on unless told not to; a compiler's coverage takes long to write and is nobody's. */
const withoutCoverage = { NODE_V8_COVERAGE: '' }

async function runProgram(path: string, source: string, parameters: readonly string[]): Promise<string> {
  writeFileSync(path, source)
  const { stdout, stderr } = await execute(process.execPath, [path, ...parameters], {
    cwd: dirname(path),
    timeout: 30_000,
    env: { PATH: process.env['PATH'], ...withoutCoverage },
  })
  return `${stdout}${stderr}`.trim()
}

const compilerOptions = {
  module: 'nodenext',
  target: 'es2022',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
}

async function compileFile(folder: string, file: string): Promise<string> {
  cpSync(join(repository, file), join(folder, 'consumer.ts'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc')
  try {
    await execute(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      cwd: folder,
      env: { ...process.env, ...withoutCoverage },
    })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
