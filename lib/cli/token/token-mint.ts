import { dirname } from 'node:path'
import { loadConfig } from '../../config/load-config.ts'
import type { ConfigDocument } from '../../config/config-document.ts'
import { nearestName } from '../../foundation/nearest-name.ts'
import { readTargetAddress, type S2SClientOptions } from '../../outgoing/client-options.ts'
import { createS2STokenSource } from '../../outgoing/s2s-token-source.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { readOwnKeys } from '../keys/read-own-keys.ts'

/** Options of `token mint`. */
export interface TokenMintOptions {
  /** Seconds, as they were written. Default 300. */
  readonly lifetime?: string
  /** The user the token is for, by UPN. Default: the application itself. */
  readonly upn?: string
}

/**
 * Makes a token for one of `clients` with this server's own key, and gives it: the one command that shows a token. Asks the
 * target who it is where the configuration does not say so.
 *
 * @throws CommandFailure, ConfigurationError, OutgoingError
 */
export async function tokenMint(
  context: CommandContext,
  name: string,
  { lifetime = '300', upn }: TokenMintOptions,
): Promise<CommandResult> {
  const { io } = context
  const document = await readConfigFile(context.configFile)
  const options = { ...(await readClient(document, name, context)), lifetimeSeconds: Number(lifetime) }
  const { self, keys } = await readOwnKeys(document, context)
  const target = readTargetAddress(options)
  const { clientId, realm } = self
  const source = createS2STokenSource(options, { clientId, realm, currentKey: keys.current, clock: io.clock })
  const described = await source.describe({ target, url: target, ...(upn === undefined ? {} : { user: { upn } }) })
  const { token, expiresAt } = await described.make()
  const until = new Date(expiresAt * 1000).toISOString()
  io.note(
    `for ${target.origin} until ${until}; whoever holds it ${upn === undefined ? 'is this server' : 'can name any user'}\n`,
  )
  return { value: { token, expiresAt }, lines: [token] }
}

/** The options of a client with its references read; clients of OAuth issuers sign nothing. */
async function readClient(
  { clients = {}, ca }: EditableConfig,
  name: string,
  { configFile, io }: CommandContext,
): Promise<S2SClientOptions> {
  const entry = findClient(clients, name)
  if ('oauth' in entry)
    throw new CommandFailure(`tokens for ${name} come from an OAuth issuer; only our own are minted`)
  const common = ca === undefined ? {} : { ca }
  const alone = { ...common, trustedIssuers: [], clients: { [name]: entry } } as unknown as ConfigDocument
  const read = await loadConfig(alone, { folder: dirname(configFile), environment: io.environment })
  return { ...(read.ca === undefined ? {} : { ca: read.ca }), ...(read.clients?.[name] as S2SClientOptions) }
}

function findClient(clients: NonNullable<EditableConfig['clients']>, name: string): S2SClientOptions {
  const entry = Object.hasOwn(clients, name) ? clients[name] : undefined
  if (entry !== undefined) return entry
  const near = nearestName(name, Object.keys(clients))
  const fix = near === undefined ? 'see npx passport-s2s plan' : `did you mean ${near}?`
  throw new CommandFailure(`"clients" of the configuration has no ${name}; ${fix}`)
}
