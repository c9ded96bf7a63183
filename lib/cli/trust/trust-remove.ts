import type { CommandContext, CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { reachOfChange } from './reach-of-change.ts'
import { takeIssuer } from './take-issuer.ts'

/**
 * Takes a trusted issuer and its grants out of the configuration file.
 *
 * Reaches servers that follow the file; others believe it until they are started anew.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function trustRemove(context: CommandContext, name: string): Promise<CommandResult> {
  const before = await readConfigFile(context.configFile)
  const { document, grants } = takeIssuer(before, name)
  await confirm(`Stop believing ${name}, and take back its grants (${grants.length})?`, context)
  await writeConfigFile(document, before, context)
  const lines = [`${name} is not trusted any more; grants taken back: ${grants.length}.`, ...reachOfChange]
  return { value: { name, removedGrants: grants.length }, lines }
}
