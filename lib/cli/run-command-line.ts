import { CommanderError } from 'commander'
import { ConfigurationError, OutgoingError, S2SError, UnavailableError } from '../foundation/errors.ts'
import { CommandFailure } from './command-failure.ts'
import { exitCodes, type CommandIo, type CommandResult, type ExitCode } from './command-io.ts'
import { createProgram } from './create-program.ts'
import { printable } from './print/printable.ts'

/**
 * Runs one command line, without the name of the program in front, and gives its exit code. Never rejects: whatever goes
 * wrong is one line on the side of notes.
 */
export async function runCommandLine(given: readonly string[], io: CommandIo): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const program = createProgram(io, (result, isJson) => {
    print(result, isJson, io)
    exitCode = result.exitCode ?? exitCodes.ok
  })
  try {
    await program.parseAsync([...given], { from: 'user' })
    return exitCode
  } catch (error) {
    return fail(error, io)
  }
}

function print({ value, lines }: CommandResult, isJson: boolean, { out }: CommandIo): void {
  const written = isJson ? JSON.stringify(value, undefined, 2).split('\n') : lines
  out(written.map((line) => `${printable(line)}\n`).join(''))
}

/** Commander has written its own line already. */
function fail(error: unknown, { note }: CommandIo): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const { text, exitCode } = describe(error)
  note(`passport-s2s: ${printable(text)}\n`)
  return exitCode
}

function describe(error: unknown): { readonly text: string; readonly exitCode: ExitCode } {
  if (error instanceof CommandFailure) return { text: error.message, exitCode: error.exitCode }
  if (error instanceof S2SError) return { text: `${sentence(error)} (${error.code})`, exitCode: codeOf(error) }
  return { text: `a fault of passport-s2s itself; please report it: ${String(error)}`, exitCode: exitCodes.fault }
}

function sentence(error: S2SError): string {
  return error.reason ?? error.message
}

function codeOf(error: S2SError): ExitCode {
  if (error instanceof ConfigurationError) return exitCodes.usage
  return error instanceof UnavailableError || error instanceof OutgoingError ? exitCodes.unavailable : exitCodes.found
}
