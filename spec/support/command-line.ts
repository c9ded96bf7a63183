import { systemClock, type Clock } from '../../lib/foundation/clock.ts'
import type { CommandIo, ExitCode } from '../../lib/cli/command-io.ts'
import { runCommandLine } from '../../lib/cli/run-command-line.ts'

/** The world of one command line. */
export interface CommandWorld {
  readonly cwd: string
  readonly environment?: Readonly<Record<string, string>>
  readonly clock?: Clock
  /** What stands on the standard input. */
  readonly input?: string
  /** The answer to every question; without one nobody can be asked. */
  readonly answer?: string | (() => string)
}

/** What became of a command line. */
export interface CommandOutcome {
  readonly exitCode: ExitCode
  readonly out: string
  readonly notes: string
  /** What was asked. */
  readonly questions: readonly string[]
}

/** Runs `passport-s2s` with this line, in this process; words are separated by spaces. */
export async function runLine(line: string, world: CommandWorld): Promise<CommandOutcome> {
  return runWords(line.split(' '), world)
}

/** Runs `passport-s2s` with these words, in this process. */
export async function runWords(words: readonly string[], world: CommandWorld): Promise<CommandOutcome> {
  const { cwd, environment = {}, clock = systemClock, input = '', answer } = world
  let out = ''
  let notes = ''
  const questions: string[] = []
  const io: CommandIo = {
    cwd,
    environment,
    clock,
    isInteractive: answer !== undefined,
    out: (text) => {
      out += text
    },
    note: (text) => {
      notes += text
    },
    ask: (question) => {
      questions.push(question)
      return Promise.resolve(typeof answer === 'function' ? answer() : (answer ?? ''))
    },
    readInput: () => Promise.resolve(input),
  }
  const exitCode = await runCommandLine(words, io)
  return { exitCode, out, notes, questions }
}
