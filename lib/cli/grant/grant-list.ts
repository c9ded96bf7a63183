import type { Grant } from '../../permissions/grants.ts'
import { parsePermission, printPermission, type Permission } from '../../permissions/scope.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { printTable } from '../print/print-table.ts'

/**
 * Lists what the configuration grants to applications of S2S issuers.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function grantList({ configFile }: CommandContext): Promise<CommandResult> {
  const { grants = [] } = await readConfigFile(configFile)
  if (grants.length === 0) return { value: [], lines: ['Nothing is granted.'] }
  const rows = grants.map(({ issuer, application, permissions, appOnly }: Grant) => [
    issuer,
    application,
    appOnly === true ? 'with and without a user' : 'for users only',
    permissions.map(print).join(', '),
  ])
  return { value: grants, lines: printTable([['ISSUER', 'APPLICATION', 'HOW', 'PERMISSIONS'], ...rows]) }
}

/** What is no permission grants nothing. */
function print(permission: Permission): string {
  const parsed = parsePermission(permission)
  return parsed === undefined ? '(nothing)' : printPermission(parsed)
}
