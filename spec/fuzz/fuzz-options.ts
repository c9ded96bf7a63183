import { parseArgs } from 'node:util'

/** What a run was asked for. */
export interface FuzzOptions {
  readonly seed: number
  readonly executions: number
  readonly milliseconds: number
  /** A name, or part of one. */
  readonly target: string | undefined
  /** One input to be given again, instead of fuzzing. */
  readonly input: string | undefined
}

/** How it is called. */
export const usage =
  'npm run fuzz -- [--seed N] [--executions N] [--minutes N] [--target NAME] [--input BASE64]\n' +
  'Without --executions and --minutes: three minutes. With --executions alone: until so many are done.'

const usualMinutes = 3

/** Reads the command line; throws what is wrong with it. The seed of a run without one is its time. */
export function readFuzzOptions(given: readonly string[]): FuzzOptions {
  const text = { type: 'string' } as const
  const options = { seed: text, executions: text, minutes: text, target: text, input: text }
  const { values } = parseArgs({ args: [...given], options, allowPositionals: false })
  const minutes = readNumber('minutes', values.minutes)
  const executions = readNumber('executions', values.executions)
  const longest = minutes ?? (executions === undefined ? usualMinutes : Infinity)
  return {
    seed: readNumber('seed', values.seed) ?? Date.now() % 2 ** 31,
    executions: executions ?? Infinity,
    milliseconds: longest * 60_000,
    target: values.target,
    input: values.input === undefined ? undefined : readInput(values.input),
  }
}

function readNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value)
  throw new Error(`--${name} is no number: ${value}`)
}

/** An input as a text without blanks; `utf16:` in front of what UTF-8 cannot hold. */
export function writeInput(input: string): string {
  const isWellFormed = Buffer.from(input).toString() === input
  return isWellFormed
    ? Buffer.from(input).toString('base64')
    : `utf16:${Buffer.from(input, 'utf16le').toString('base64')}`
}

/** The counterpart of `writeInput`. */
export function readInput(text: string): string {
  return text.startsWith('utf16:')
    ? Buffer.from(text.slice('utf16:'.length), 'base64').toString('utf16le')
    : Buffer.from(text, 'base64').toString()
}
