import { nearestName } from '../../foundation/nearest-name.ts'
import { CommandFailure } from '../command-failure.ts'
import type { EditableConfig, EditableTable } from '../file/config-document.ts'

/** Which table is changed. */
export interface TableChoice {
  /** One of `resourceTables`. Default: `resources`. */
  readonly table?: string
}

/** The table that is to be changed; empty where there is none yet. */
export function tableOf(
  { resources = {}, resourceTables = {} }: EditableConfig,
  { table }: TableChoice,
): EditableTable {
  return table === undefined ? resources : (resourceTables[table] ?? {})
}

/** The configuration with another table in the place of the chosen one. */
export function withTable(document: EditableConfig, changed: EditableTable, { table }: TableChoice): EditableConfig {
  if (table === undefined) return { ...document, resources: changed }
  return { ...document, resourceTables: { ...document.resourceTables, [table]: changed } }
}

/** For `--json`. */
export function describeTable({ table = 'resources' }: TableChoice): { readonly table: string } {
  return { table }
}

/**
 * Where an entry stands, by its name as it is written in the table.
 *
 * @throws CommandFailure that names the one that was probably meant
 */
export function findEntry(entries: readonly (readonly [name: string, requires: unknown])[], name: string): number {
  const index = entries.findIndex(([other]) => other === name)
  if (index >= 0) return index
  const near = nearestName(
    name,
    entries.map(([other]) => other),
  )
  const fix = near === undefined ? 'see npx passport-s2s policy list' : `did you mean "${near}"?`
  throw new CommandFailure(`the table has no entry "${name}"; ${fix}`)
}
