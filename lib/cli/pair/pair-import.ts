import { resolve } from 'node:path'
import { readTextFile } from '../../config/read-text-file.ts'
import { readPairing, type Pairing } from '../../outgoing/pairing.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { authoritiesMember } from '../file/read-authorities.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { issuerIndex } from '../trust/issuer-index.ts'

/**
 * Writes this server's side of a bundle into the configuration file, after a yes: whom it believes, what it grants, and a
 * client of the same name.
 *
 * Asks nobody over the network: see `trust show` and `doctor` for the keys. Does not register this server at the other one.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function pairImport(context: CommandContext, file: string): Promise<CommandResult> {
  const pairing = readPairing(await readBundle(context, file))
  const before = await readConfigFile(context.configFile)
  const document = withPairing(before, pairing, context)
  const { name, trustedIssuer, client, grants } = pairing
  const about = JSON.stringify({ trustedIssuer, client, grants }, undefined, 2).split('\n')
  await confirm(`Believe ${name}, grant this, and call ${client.target} as this server?`, context, about)
  await writeConfigFile(document, before, context)
  const lines = [
    `${name} is trusted, and s2s.client('${name}') calls it.`,
    `For its administrator: npx passport-s2s pair commands ${file}`,
  ]
  return { value: { name, trustedIssuer, client, grants }, lines }
}

/**
 * Gives the commands by which the other administrator registers this server, from a bundle.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function pairCommands(context: CommandContext, file: string): Promise<CommandResult> {
  const commands = readPairing(await readBundle(context, file)).powerShell()
  return { value: { commands }, lines: commands.trimEnd().split('\n') }
}

async function readBundle({ io }: CommandContext, file: string): Promise<string> {
  if (file === '-') return io.readInput()
  try {
    return await readTextFile(resolve(io.cwd, file))
  } catch (cause) {
    throw new CommandFailure(`${file} ${(cause as Error).message}`, undefined, { cause })
  }
}

function withPairing(before: EditableConfig, pairing: Pairing, context: CommandContext): EditableConfig {
  const { name, trustedIssuer, client, grants } = pairing
  const { clients = {} } = before
  if (issuerIndex(before, name) !== undefined || Object.hasOwn(clients, name)) {
    throw new CommandFailure(`${name} is in the configuration already; remove it first, or choose another name`)
  }
  const ca = authoritiesMember(context) as object
  const allGrants = [...(before.grants ?? []), ...grants]
  return {
    ...before,
    trustedIssuers: [...before.trustedIssuers, { ...trustedIssuer, ...ca }],
    ...(allGrants.length === 0 ? {} : { grants: allGrants }),
    clients: { ...clients, [name]: { ...client, ...ca } },
  }
}
