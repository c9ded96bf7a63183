import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import type { CommandIo } from './command-io.ts'
import { createRunner, type Report } from './create-runner.ts'
import { addDoctorCommand } from './doctor/add-doctor-command.ts'
import { addGrantCommands } from './grant/add-grant-commands.ts'
import { addKeysCommands } from './keys/add-keys-commands.ts'
import { addMetadataCommands } from './metadata/add-metadata-commands.ts'
import { addPairCommands } from './pair/add-pair-commands.ts'
import { plan } from './plan/plan.ts'
import { addPolicyCommands } from './policy/add-policy-commands.ts'
import { addTokenCommands } from './token/add-token-commands.ts'
import { addTrustCommands } from './trust/add-trust-commands.ts'

const epilogue = `
Exit codes:
  0   done, and nothing wrong was found
  1   something wrong was found, or the answer was no
  2   arguments, a file or the configuration are wrong; nothing was changed
  3   another server cannot be reached; nothing was changed, try again later
  70  a fault of passport-s2s itself`

/** The whole command line. `report` gets what a command found. */
export function createProgram(io: CommandIo, report: Report): Command {
  const program = new Command('passport-s2s')
    .description('Trust between servers: set it up, look at it, find out what is wrong with it.')
    .version(versionOfPackage())
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.note,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError()
    .addHelpText('after', epilogue)
  const runner = createRunner(io, report)
  addTrustCommands(program, runner)
  addGrantCommands(program, runner)
  addKeysCommands(program, runner)
  addMetadataCommands(program, runner)
  addTokenCommands(program, runner)
  addPolicyCommands(program, runner)
  addPairCommands(program, runner)
  runner.add(program, { usage: 'plan', description: 'every relationship, and what is missing on which side' }, plan)
  addDoctorCommand(program, runner)
  return program
}

function versionOfPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
