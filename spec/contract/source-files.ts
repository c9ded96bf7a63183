import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** The repository. */
export const repository = join(import.meta.dirname, '..', '..')

export interface ImportLine {
  /** As written: `./x.ts`, `express`, `node:crypto`. */
  readonly specifier: string
  /** Whether the whole statement disappears when compiled. */
  readonly isTypeOnly: boolean
  /** Whether it is loaded when that line is reached, and not with the file. */
  readonly isDynamic: boolean
}

export interface SourceFile {
  /** Below the repository, with slashes: `lib/keys/key-set.ts`. */
  readonly path: string
  /** `keys`; empty for files at the top of lib. */
  readonly folder: string
  readonly lines: number
  readonly imports: readonly ImportLine[]
}

/** Reads the import lines of every TypeScript file below a folder of the repository. */
export function readSourceFiles(below: string): readonly SourceFile[] {
  return readdirSync(join(repository, below), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(below, name.replaceAll('\\', '/')))
    .sort()
    .map(readSourceFile)
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(repository, path), 'utf8')
  const folder = path.split('/').slice(1, -1)[0] ?? ''
  return { path, folder, lines: text.trimEnd().split('\n').length, imports: readImports(text) }
}

/** The imports and re-exports of a source text, static and dynamic. */
export function readImports(text: string): readonly ImportLine[] {
  const fromLines = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gm)]
  const bareLines = [...text.matchAll(/^import\s+'([^']+)'/gm)]
  const dynamic = [...text.matchAll(/\b(?:import|require)\(\s*'([^']+)'/g)]
  return [
    ...fromLines.map(([, type, specifier = '']) => ({ specifier, isTypeOnly: type !== undefined, isDynamic: false })),
    ...bareLines.map(([, specifier = '']) => ({ specifier, isTypeOnly: false, isDynamic: false })),
    ...dynamic.map(([, specifier = '']) => ({ specifier, isTypeOnly: false, isDynamic: true })),
  ]
}

/** The path below the repository that a relative import means. */
export function resolveImport(file: SourceFile, specifier: string): string {
  return posix.normalize(posix.join(dirname(file.path), specifier))
}

/** The package of a specifier: `express`, `@types/node`; `undefined` for relative imports and built-ins. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
