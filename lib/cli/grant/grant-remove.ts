import { createMemoryGrants } from '../../permissions/grants.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { findIssuer } from '../trust/issuer-index.ts'
import { namesOf } from '../trust/take-issuer.ts'
import { applicationOf, type GrantOptions } from './grant-add.ts'

/**
 * Takes permissions of an application back, with and without a user; without permissions all of them. Permissions within
 * a container are taken back only all together.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function grantRemove(
  context: CommandContext,
  [name = '', ...permissions]: readonly string[],
  options: GrantOptions,
): Promise<CommandResult> {
  const before = await readConfigFile(context.configFile)
  const { grants: granted = [], ...document } = before
  const entry = findIssuer(document, name)
  const application = applicationOf(name, entry, options)
  const grants = createMemoryGrants(granted)
  const removals = namesOf(entry).map((issuer) =>
    grants.remove({ issuer, application, ...(permissions.length === 0 ? {} : { permissions }) }),
  )
  if (!removals.includes(true)) {
    throw new CommandFailure(`${application} of ${name} has no such grant; see npx passport-s2s grant list`)
  }
  const kept = grants.list()
  await writeConfigFile({ ...document, ...(kept.length === 0 ? {} : { grants: kept }) }, before, context)
  const what = permissions.length === 0 ? 'all grants' : permissions.join(', ')
  return {
    value: { issuer: name, application, grants: kept.length },
    lines: [`${application} of ${name}: took back ${what}.`],
  }
}
