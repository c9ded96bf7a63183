import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { keyPoolVariable, makeKeyPair, privateKeyToPem } from '../support/key-pairs.ts'

/**
 * Node 20's `--test` expands no globs: this walks the project and hands the spec files to `node:test`.
 *
 * Arguments narrow the files by substring; one that fits nothing is a failure. So is a spec file outside spec/, where
 * nobody would run it. Skipped specs are listed with their reasons; with CI and REQUIRE_ALL=1 they are failures too.
 */
const root = join(import.meta.dirname, '..', '..')
const wanted = process.argv.slice(2)
const found = filesOf('lib', 'example-app', 'spec').filter((file) => /\.(spec|test)\.[cm]?[jt]sx?$/.test(file))
const runnable = found.filter((file) => file.startsWith('spec/') && file.endsWith('.spec.ts'))
const files = runnable.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))

const problems = [
  ...found
    .filter((file) => !runnable.includes(file))
    .map((file) => `${file} would never run: move it to spec/*.spec.ts`),
  ...wanted.filter((part) => !runnable.some((file) => file.includes(part))).map((part) => `no spec file has "${part}"`),
  ...(files.length === 0 ? ['no spec files found'] : []),
]
if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}

// Keys of this run only: made now, gone when it ends.
const keyFolder = mkdtempSync(join(tmpdir(), 'specs-'))
process.env[keyPoolVariable] = join(keyFolder, 'keys.json')
const keys = Array.from({ length: 10 }, () => privateKeyToPem(makeKeyPair('rsa2048').privateKey))
writeFileSync(process.env[keyPoolVariable], JSON.stringify(keys), { mode: 0o600 })
process.once('exit', () => {
  rmSync(keyFolder, { recursive: true, force: true })
})

const skipped: string[] = []
const skipsAreFailures = Boolean(process.env['CI']) && process.env['REQUIRE_ALL'] === '1'

run({ files: files.map((file) => join(root, file)), concurrency: 2, timeout: 180_000 })
  .on('test:fail', () => {
    process.exitCode = 1
  })
  .on('test:pass', ({ name, file, skip, todo }) => {
    const reason = skip ?? todo
    if (reason === undefined || reason === false) return
    const place = file === undefined ? '' : ` (${relative(root, file)})`
    skipped.push(`${name}${place}: ${reason === true ? 'no reason given' : reason}`)
  })
  .pipe(new spec())
  .pipe(process.stdout)

process.once('exit', reportSkipped)

function reportSkipped(): void {
  if (skipped.length === 0) return
  console.log(`\nskipped:\n  ${skipped.join('\n  ')}`)
  if (!skipsAreFailures) return
  console.error('REQUIRE_ALL=1: a skipped spec is a failure')
  process.exitCode = 1
}

function filesOf(...folders: readonly string[]): readonly string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !file.startsWith('spec/bench/') && !file.includes('/node_modules/'))
    .sort()
}
