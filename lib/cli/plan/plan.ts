import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { printTable } from '../print/print-table.ts'
import { planIncoming } from './plan-incoming.ts'
import { planOutgoing } from './plan-outgoing.ts'
import type { Relationship } from './relationship.ts'

/**
 * The planning sheet: every relationship with its direction, its case, what is configured, and what is missing on which
 * side with the command to run there. Nothing is fetched.
 *
 * @throws CommandFailure, ConfigurationError
 * @see Plan for server-to-server authentication in SharePoint Server (Microsoft)
 */
export async function plan({ configFile }: CommandContext): Promise<CommandResult> {
  const document = await readConfigFile(configFile)
  const relationships = [
    ...document.trustedIssuers.map((entry) => planIncoming(entry, document)),
    ...Object.entries(document.clients ?? {}).map(([name, client]) => planOutgoing(name, client, document)),
  ]
  const isMissing = relationships.some(({ missing }) => missing.some(({ side }) => side === 'ours'))
  const nobody = ['There is no other server yet: npx passport-s2s trust add NAME URL']
  return {
    value: relationships,
    lines: relationships.length === 0 ? nobody : relationships.flatMap(describe),
    exitCode: isMissing ? exitCodes.found : exitCodes.ok,
  }
}

function describe({ name, direction, situation, configured, missing, ssl, users }: Relationship): readonly string[] {
  const who =
    direction === 'incoming' ? 'incoming: it calls us, we believe it' : 'outgoing: we call it, it must believe us'
  const rows = [
    ['  direction', who],
    ['  case', situation],
    ['  configured', configured.join('; ')],
    ['  SSL', ssl],
    ['  users', users],
    ...missing.flatMap(({ side, what, run }) => [
      [`  missing, ${side}`, what],
      ['', run],
    ]),
  ]
  return [name, ...printTable(rows), '']
}
