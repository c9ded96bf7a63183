import type { CommandContext, CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { reachOfChange } from './reach-of-change.ts'
import { findIssuer } from './issuer-index.ts'
import { withoutIssuer } from './without-issuer.ts'

/**
 * Takes a trusted issuer and the grants under its name out of the configuration file.
 *
 * Reaches servers that follow the file; others believe it until they are started anew.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function trustRemove(context: CommandContext, name: string): Promise<CommandResult> {
  const before = await readConfigFile(context.configFile)
  findIssuer(before, name)
  const { grants = [], ...document } = withoutIssuer(before, name)
  const kept = grants.filter(({ issuer }) => issuer !== name)
  const removed = grants.length - kept.length
  const question = `Stop believing ${name}, and remove ${removed} of ${grants.length} grants?`
  await confirm(question, context)
  await writeConfigFile({ ...document, ...(kept.length === 0 ? {} : { grants: kept }) }, context)
  const lines = [`${name} is not trusted any more; ${removed} grants were removed.`, ...reachOfChange]
  return { value: { name, removedGrants: removed }, lines }
}
