import type { Clock } from '../foundation/clock.ts'

/** What a command sees of the world; specs give their own. */
export interface CommandIo {
  /** The working directory; relative paths are relative to it. */
  readonly cwd: string
  /** Environment variables, for the references of configuration files. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Whether somebody sits there who can answer: both sides are a terminal. */
  readonly isInteractive: boolean
  /** Writes results. */
  out(this: void, text: string): void
  /** Writes notes, questions and errors. */
  note(this: void, text: string): void
  /** Asks one question on the terminal and gives the answer. */
  ask(this: void, question: string): Promise<string>
  /** All of the standard input. Longer than 1 MiB is refused. */
  readInput(this: void): Promise<string>
}

/** The exit codes of every command. */
export const exitCodes = {
  /** Done, and nothing wrong was found. */
  ok: 0,
  /** The command did its work and found something wrong; or the answer to its question was no. */
  found: 1,
  /** Arguments, options, a file or the configuration are wrong. Nothing was changed. */
  usage: 2,
  /** Another server cannot be reached or does not answer rightly. Nothing was changed; trying again may help. */
  unavailable: 3,
  /** A fault of passport-s2s itself. */
  fault: 70,
} as const

/** One of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** What a command found or did. */
export interface CommandResult {
  /** For `--json`: plain data, without secrets. */
  readonly value: unknown
  /** For people. Characters that steer a terminal are never passed on. */
  readonly lines: readonly string[]
  /** Default `ok`. */
  readonly exitCode?: ExitCode
}

/** What every command is told. */
export interface CommandContext {
  readonly io: CommandIo
  /** Absolute path of the configuration file. */
  readonly configFile: string
  /** Absolute path of a file with certificates to trust (PEM), instead of the well-known authorities. */
  readonly caFile?: string
  /** Do not ask. */
  readonly yes: boolean
}
