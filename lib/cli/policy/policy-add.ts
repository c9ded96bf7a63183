import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { describeTable, findEntry, tableOf, withTable, type TableChoice } from './edit-table.ts'
import { printRequirement } from './policy-list.ts'

/** Options of `policy add`. */
export interface PolicyAddOptions extends TableChoice {
  /** One of the scopes is enough. */
  readonly any?: boolean
  /** The role that applications on their own need in the place of the scope. */
  readonly appRole?: string
  /** The entry in front of which it is put: the first that matches decides. Default: behind all others. */
  readonly before?: string
}

/**
 * Writes what a resource requires into the configuration: `public`, `authenticated`, or scopes, all of which are needed.
 *
 * Does not know the routes of the application (see `policy check`).
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function policyAdd(
  context: CommandContext,
  [resource = '', ...required]: readonly string[],
  options: PolicyAddOptions = {},
): Promise<CommandResult> {
  const document = await readConfigFile(context.configFile)
  const entries = Object.entries(tableOf(document, options))
  const taken = entries.find(([name]) => name === resource)
  if (taken !== undefined) {
    throw new CommandFailure(
      `${resource} requires ${printRequirement(taken[1])} already; first: npx passport-s2s policy remove "${resource}"`,
    )
  }
  const requires = requirementOf(required, options)
  const at = options.before === undefined ? entries.length : findEntry(entries, options.before)
  const table = Object.fromEntries(entries.toSpliced(at, 0, [resource, requires]))
  await writeConfigFile(withTable(document, table, options), document, context)
  return {
    value: { ...describeTable(options), resource, requires },
    lines: [`${resource} requires ${printRequirement(requires)}.`],
  }
}

/** What the words of a command line require. The table itself says whether they are names of scopes. */
function requirementOf(required: readonly string[], { any = false, appRole }: PolicyAddOptions): unknown {
  if (appRole !== undefined) return withRole(required, appRole, any)
  if (any) return { anyOf: required }
  return required.length === 1 ? required[0] : required
}

function withRole([scope = '', ...others]: readonly string[], appRole: string, any: boolean): unknown {
  if (any) throw new CommandFailure('--any and --app-role do not go together')
  if (others.length === 0) return { scope, appRole }
  throw new CommandFailure('with --app-role give one scope')
}
