import { createResourceGuard } from '../../express/resource-guard.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { printTable } from '../print/print-table.ts'
import { readTables } from './read-tables.ts'

/**
 * Lists what each resource of the configuration requires, in the order in which it is judged.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function policyList(context: CommandContext): Promise<CommandResult> {
  const { tables, options } = await readTables(context)
  const entries = tables.flatMap(({ name: table, resources }) =>
    createResourceGuard(resources, options).table.entries.map(({ name }) => ({
      table,
      name,
      requires: resources[name],
    })),
  )
  const rows = entries.map(({ table, name, requires }) => [table, name, printRequirement(requires)])
  return { value: entries, lines: printTable([['TABLE', 'RESOURCE', 'REQUIRES'], ...rows]) }
}

/** A requirement of a file is plain data; a text is shown as it is. */
export function printRequirement(requires: unknown): string {
  return typeof requires === 'string' ? requires : JSON.stringify(requires)
}
