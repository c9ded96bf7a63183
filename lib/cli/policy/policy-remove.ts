import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { describeTable, findEntry, tableOf, withTable, type TableChoice } from './edit-table.ts'

/**
 * Takes an entry out of a resource table of the configuration: its resource is refused to everybody from then on, unless
 * another entry is about it.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function policyRemove(
  context: CommandContext,
  [resource = '']: readonly string[],
  options: TableChoice = {},
): Promise<CommandResult> {
  const document = await readConfigFile(context.configFile)
  const entries = Object.entries(tableOf(document, options))
  const table = Object.fromEntries(entries.toSpliced(findEntry(entries, resource), 1))
  await writeConfigFile(withTable(document, table, options), document, context)
  return { value: { ...describeTable(options), resource }, lines: [`${resource} has no rule of its own any more.`] }
}
