import { createResourceGuard, type ResourceGuard, type Resources } from '../../express/resource-guard.ts'
import { readRequestPath } from '../../express/request-path.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { printRequirement } from './policy-list.ts'
import { readTables } from './read-tables.ts'

/** Options of `policy explain`. */
export interface PolicyExplainOptions {
  /** One of `resourceTables`. Default: `resources`. */
  readonly table?: string
}

/**
 * Says which entries of a resource table judge a request, by the guard's own table.
 *
 * Does not know at which path the guard is mounted: give the path that the guard sees.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function policyExplain(
  context: CommandContext,
  [method, path]: readonly [method: string, path: string],
  options: PolicyExplainOptions,
): Promise<CommandResult> {
  if (!path.startsWith('/')) throw new CommandFailure('the path must begin with a slash')
  const { resources, guard } = await chooseTable(context, options)
  const request = `${method.toUpperCase()} ${path}`
  const { path: judged, spelling } = readRequestPath({ url: path })
  if (spelling === 'ambiguous') {
    const why = 'is refused (ERR_S2S_PATH_AMBIGUOUS): others may read this path otherwise.'
    return { value: { request, spelling }, lines: [`${request} ${why}`], exitCode: exitCodes.found }
  }
  const entries = guard.table.find(method.toUpperCase(), judged)
  const required = entries.map(({ name }) => ({ name, requires: resources[name] }))
  return { value: { request, entries: required }, ...describe(request, required) }
}

async function chooseTable(
  context: CommandContext,
  { table }: PolicyExplainOptions,
): Promise<{ readonly resources: Resources; readonly guard: ResourceGuard }> {
  const { tables, options } = await readTables(context)
  const found = table === undefined ? tables[0] : tables.find(({ name }) => name === table)
  if (found !== undefined) return { ...found, guard: createResourceGuard(found.resources, options) }
  throw new CommandFailure(`no table is named ${table ?? ''}; there are ${tables.map(({ name }) => name).join(', ')}`)
}

interface RequiredEntry {
  readonly name: string
  readonly requires: unknown
}

function describe(request: string, entries: readonly RequiredEntry[]): Pick<CommandResult, 'lines' | 'exitCode'> {
  if (entries.length === 0) {
    const why = 'is refused to everybody (ERR_S2S_RESOURCE_NOT_LISTED): no entry is about it.'
    return { lines: [`${request} ${why}`], exitCode: exitCodes.found }
  }
  const how = entries.length === 1 ? 'is judged by' : 'must be allowed by all of'
  const lines = entries.map(({ name, requires }) => `  ${name}: ${printRequirement(requires)}`)
  return { lines: [`${request} ${how}`, ...lines] }
}
