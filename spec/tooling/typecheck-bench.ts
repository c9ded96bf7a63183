import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isInstalled } from '../bench/contenders.ts'

/** Compiles the code of the bench, which stands outside of the others' tsconfig, as far as its peers are installed. */
const root = join(import.meta.dirname, '..', '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', 'spec/bench', '--pretty', 'false'], {
  cwd: root,
  encoding: 'utf8',
})
const complaints = stdout.split('\n').filter((line) => /^\S.*error TS/.test(line))
const isExcused = (line: string): boolean => !isInstalled('fast-jwt') && line.startsWith('spec/bench/peers/')
const problems = complaints.filter((line) => !isExcused(line))
if (problems.length > 0 || (status !== 0 && complaints.length === 0)) {
  console.error(problems.length > 0 ? problems.join('\n') : stdout)
  process.exitCode = 1
}
