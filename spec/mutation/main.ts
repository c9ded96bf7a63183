import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installLocked } from '../tooling/install-locked.ts'
import { writeKeyPool } from '../tooling/write-key-pool.ts'

/**
 * Mutates lib, folder by folder, and runs the unit specs against each mutant: what survives is checked by none of them.
 *
 * `npm run mutation -- [--force] [FOLDER...]`. What did not change since the last run is taken from its report, unless
 * `--force` says otherwise; a change in spec/support is not noticed.
 */
const allFolders = ['tokens', 'trust', 'verification', 'permissions']
const options = { force: { type: 'boolean', default: false } } as const
const { values, positionals } = parseArgs({ options, allowPositionals: true })
const unknown = positionals.filter((folder) => !allFolders.includes(folder))
if (unknown.length > 0) throw new Error(`not mutated: ${unknown.join(', ')}; choose among ${allFolders.join(', ')}`)
const folders = positionals.length === 0 ? allFolders : positionals

const stryker = join(import.meta.dirname, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js')
const reports = join(import.meta.dirname, '..', '..', 'coverage', 'mutation')
installLocked(import.meta.dirname)
mkdirSync(reports, { recursive: true })
const runFolder = mkdtempSync(join(tmpdir(), 'mutation-'))
try {
  writeKeyPool(runFolder)
  for (const folder of folders) mutate(folder)
} finally {
  rmSync(runFolder, { recursive: true, force: true })
}
console.log([rowOf('folder', columns()), rowOf('---', columns().fill('---')), ...folders.map(summaryOf)].join('\n'))

function mutate(folder: string): void {
  rmSync(join(reports, `${folder}.json`), { force: true })
  const config = join(import.meta.dirname, 'stryker.config.js')
  const { status, signal } = spawnSync(
    process.execPath,
    [stryker, 'run', config, ...(values.force ? ['--force'] : [])],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        PASSPORT_S2S_MUTATION_FOLDER: folder,
        PASSPORT_S2S_MUTATION_REPORTS: reports,
        PASSPORT_S2S_MUTATION_SANDBOX: join(runFolder, 'sandbox'),
      },
    },
  )
  if (status !== 0) process.exitCode = 1
  if (signal !== null) throw new Error(`Stryker ended by ${signal}`)
}

/** Of the report in the schema of mutation testing elements, which all Stryker tools write. */
interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>
}

function columns(): string[] {
  return ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError', 'Ignored', 'score']
}

function summaryOf(folder: string): string {
  const file = join(reports, `${folder}.json`)
  if (!existsSync(file)) return rowOf(folder, ['no report'])
  const { files } = JSON.parse(readFileSync(file, 'utf8')) as MutationReport
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status))
  const [killed = 0, timeout = 0, survived = 0, noCoverage = 0, ...others] = columns()
    .slice(0, -1)
    .map((column) => statuses.filter((status) => status === column).length)
  const detected = killed + timeout
  const score = ((100 * detected) / (detected + survived + noCoverage)).toFixed(2)
  return rowOf(folder, [killed, timeout, survived, noCoverage, ...others, `${score} %`].map(String))
}

function rowOf(first: string, others: readonly string[]): string {
  return `| ${[first, ...others].join(' | ')} |`
}
