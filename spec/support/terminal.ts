import { spawn } from 'node:child_process'
import { findProgram } from './local-program.ts'

/** What is run as if somebody sat there. */
export interface TerminalRun {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What is typed when this is shown; each once. */
  readonly answers?: readonly (readonly [shown: string, typed: string])[]
}

/** A shell script that runs in a terminal. */
export interface RunningScript {
  /** All that was shown so far. */
  shown(this: void): string
  /** What was answered so far. */
  readonly answered: readonly string[]
  /** Ctrl-C. */
  interrupt(this: void): void
  /** The exit code; a script that runs for a minute is ended, and has none. */
  readonly ended: Promise<number | null>
}

/** Whether scripts can run in a terminal here: `script` of Linux makes one. Give `missing` to `skip`. */
export function findTerminal(): { readonly path: string } | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: 'script(1) takes other arguments on this system' }
  const bash = findProgram('bash')
  return 'missing' in bash ? bash : findProgram('script', 'script (package bsdutils)')
}

/** Runs a file of shell commands in a terminal of its own, until the first that fails. */
export function runInTerminal(file: string, { cwd, env, answers = [] }: TerminalRun): RunningScript {
  const child = spawn('script', ['-qec', `bash -e ${file}`, '/dev/null'], { cwd, env, timeout: 60_000 })
  const waiting = [...answers]
  const answered: string[] = []
  let shown = ''
  let read = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    const [next] = waiting
    const found = next === undefined ? -1 : shown.indexOf(next[0], read)
    if (next === undefined || found < 0) return
    read = found + next[0].length
    waiting.shift()
    answered.push(next[1])
    child.stdin.write(`${next[1]}\n`)
  })
  return {
    shown: () => shown,
    answered,
    interrupt: () => child.stdin.write('\u0003'),
    ended: new Promise((resolve) => {
      child.once('close', resolve)
    }),
  }
}
