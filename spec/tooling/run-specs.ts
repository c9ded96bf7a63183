import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** Node 20's `--test` expands no globs: this walks spec/ and hands the files to `node:test`. Arguments narrow the files by substring. */
const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.spec.ts') && !file.startsWith('bench'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => join(root, file))
  .sort()

if (files.length === 0) {
  console.error('no spec files found')
  process.exit(1)
}

run({ files, concurrency: 2, timeout: 180_000 })
  .on('test:fail', () => {
    process.exitCode = 1
  })
  .compose(spec)
  .pipe(process.stdout)
