import type { CommandContext, CommandResult } from '../command-io.ts'
import { readAuthorities } from '../file/read-authorities.ts'
import { describeServer } from '../trust/describe-server.ts'
import { inspectServer } from '../trust/inspect-server.ts'

/**
 * Shows what another server says of itself. Nothing is written.
 *
 * @throws CommandFailure, UnavailableError
 */
export async function metadataFetch(context: CommandContext, url: string): Promise<CommandResult> {
  const server = await inspectServer(url, await readAuthorities(context))
  return { value: server, lines: describeServer(server, context.io.clock()) }
}
