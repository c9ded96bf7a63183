import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { describeKey } from '../trust/describe-server.ts'
import { ofCertificate } from '../trust/inspect-server.ts'
import { readOwnKeys } from './read-own-keys.ts'

/**
 * Shows this server's own certificates, the one that signs first. Private keys are never shown.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function keysShow(context: CommandContext): Promise<CommandResult> {
  const { keys } = await readOwnKeys(await readConfigFile(context.configFile), context)
  const shown = keys.published().map(({ certificate }) => ofCertificate(certificate))
  const { nextPublishedAt, switchedAt } = keys.rollOver()
  const lines = [
    'Published, the one that signs first:',
    ...shown.flatMap((key) => describeKey(key, context.io.clock())),
    ...(nextPublishedAt === undefined ? [] : [`next published: ${printTime(nextPublishedAt)}`]),
    ...(switchedAt === undefined ? [] : [`last switch: ${printTime(switchedAt)}`]),
  ]
  return { value: { published: shown, ...keys.rollOver() }, lines }
}

function printTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
