import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { pathToFileURL } from 'node:url'
import { runSizeVariable } from '../support/run-size.ts'
import { writeKeyPool } from './write-key-pool.ts'

/**
 * Node 20's `--test` expands no globs: this walks the project and hands the spec files to `node:test`.
 *
 * Arguments narrow the files by substring; one that fits nothing is a failure. So is a spec file outside spec/, where
 * nobody would run it. `--full` makes specs that try random cases try all that the goals ask for, which takes minutes. Skipped specs are listed with their reasons; with CI and REQUIRE_ALL=1 they are failures too.
 */
const root = join(import.meta.dirname, '..', '..')
/** More files in one process save little more, and one that hangs or crashes takes the others along. */
const largestBatch = 20
const isFull = process.argv.includes('--full')
const wanted = process.argv.slice(2).filter((argument) => argument !== '--full')
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
const runFolder = mkdtempSync(join(tmpdir(), 'specs-'))
writeKeyPool(runFolder)
process.once('exit', () => {
  rmSync(runFolder, { recursive: true, force: true })
})

if (isFull) process.env[runSizeVariable] = 'full'

const skipped: string[] = []
const skipsAreFailures = Boolean(process.env['CI']) && process.env['REQUIRE_ALL'] === '1'

run({ files: [...entriesOf(files)], concurrency: 2, timeout: isFull ? 3_600_000 : 900_000 })
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

/**
 * What `node:test` starts, a process each. To start one and to load the library costs about a second, as much as the tests
 * of a small file, so many files go together: those that test the build, and those that test its sources. Contracts stay
 * alone, because they start processes themselves; they come first, because nothing takes longer.
 */
function entriesOf(all: readonly string[]): readonly string[] {
  const alone = all.filter((file) => file.startsWith('spec/contract/'))
  const stories = all.filter((file) => /^spec\/(flows|attacks)\//.test(file))
  const units = all.filter((file) => !alone.includes(file) && !stories.includes(file))
  const batches = [stories, units].flatMap((files) => evenBatches(files))
  return [...alone.map((file) => join(root, file)), ...batches.map(writeBatch)]
}

/** Batches of about the same size, none larger than `largestBatch`. */
function evenBatches(all: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(all.length / largestBatch)
  const size = Math.ceil(all.length / count)
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size))
}

function writeBatch(batch: readonly string[], index: number): string {
  const entry = join(runFolder, `batch-${index}.mjs`)
  const imports = batch.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)}\n`)
  writeFileSync(entry, imports.join(''))
  return entry
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
