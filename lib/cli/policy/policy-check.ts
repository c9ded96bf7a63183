import { resolve } from 'node:path'
import { createResourceGuard } from '../../express/resource-guard.ts'
import type { RouteCoverage } from '../../express/routes/route-coverage.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { printTable } from '../print/print-table.ts'
import { loadApplication } from './load-application.ts'
import { readTables } from './read-tables.ts'

/** Options of `policy check`. */
export interface PolicyCheckOptions {
  /** A module that exports the Express application as `app` (or default) and the server as `s2s`. */
  readonly app?: string
  /** What is meant to be uncovered, by name. */
  readonly allow?: readonly string[]
}

/**
 * Checks that every route of an application has a rule and every rule a route. Runs the module it is given. Without one
 * only the tables of the configuration are checked.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function policyCheck(
  context: CommandContext,
  { app, allow = [] }: PolicyCheckOptions,
): Promise<CommandResult> {
  if (app === undefined) return checkTables(context)
  const { application, s2s } = await loadApplication(resolve(context.io.cwd, app))
  const coverage = s2s.coverage(application)
  const problem = problemOf(coverage, allow)
  const { routes, functions, unservedRules } = coverage
  const rows = routes.map(({ name, status, rules }) => [name, status, rules.join(', ')])
  return {
    value: { complete: problem === undefined, routes, functions, unservedRules },
    lines: [
      ...printTable([['ROUTE', 'STATUS', 'RULES'], ...rows]),
      '',
      ...(problem ?? 'Every route has a rule, and every rule a route.').split('\n'),
    ],
    exitCode: problem === undefined ? exitCodes.ok : exitCodes.found,
  }
}

async function checkTables(context: CommandContext): Promise<CommandResult> {
  const { tables, options } = await readTables(context)
  const checked = tables.map(({ name, resources }) => ({
    name,
    entries: createResourceGuard(resources, options).table.entries.length,
  }))
  const lines = checked.map(({ name, entries }) => `${name}: ${entries} entries, all of them can be reached.`)
  return {
    value: checked,
    lines: [...lines, 'Whether every route has a rule: npx passport-s2s policy check --app FILE'],
  }
}

function problemOf(coverage: RouteCoverage, allow: readonly string[]): string | undefined {
  try {
    coverage.assertComplete({ allow })
    return undefined
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'ERR_S2S_ROUTES_UNCOVERED') return error.message
    throw error
  }
}
