import { resolve } from 'node:path'
import { exchangeServer } from '../../outgoing/products/exchange-server.ts'
import { sharePointServer } from '../../outgoing/products/share-point-server.ts'
import { skypeForBusinessServer } from '../../outgoing/products/skype-for-business-server.ts'
import { createPairing, type OtherServerOptions, type Pairing } from '../../outgoing/pairing.ts'
import type { PairingPermission } from '../../outgoing/pairing-file.ts'
import type { ServerPreset } from '../../outgoing/products/server-preset.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { replaceFile } from '../file/replace-file.ts'

/** Options of `pair export`. */
export interface PairExportOptions {
  /** `sharepoint`, `exchange`, `skype` or `other`. Default `other`. */
  readonly product?: string
  /** `https://host` of the other server. */
  readonly url: string
  /** The other server's realm. Default: both directions ask it. */
  readonly realm?: string
  /** The other server's principal identifier; only for `other`. */
  readonly id?: string
  /** `https://host:port` at which our metadata router answers. Default: the first of `self.hosts`. */
  readonly origin?: string
  /** What the other server may do here. */
  readonly grant?: readonly string[]
  /** What a SharePoint farm grants this server there: web addresses, with `right`. */
  readonly site?: readonly string[]
  /** Default `Read`. */
  readonly right?: string
  /** Both sides' grants hold without a user, too. */
  readonly appOnly?: boolean
  /** Print the commands for the other administrator instead. */
  readonly commands?: boolean
  /** Write the bundle to this file. */
  readonly out?: string
}

/**
 * Describes both directions between this server and another one in one bundle, without secrets; or gives the commands by
 * which the other administrator registers this server.
 *
 * Asks nobody, and changes nothing here (see `pair import`).
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function pairExport(
  context: CommandContext,
  name: string,
  options: PairExportOptions,
): Promise<CommandResult> {
  const { self } = await readConfigFile(context.configFile)
  if (self === undefined) throw new CommandFailure('the configuration does not say who this server is; add "self"')
  const { clientId, realm, hosts } = self
  const { origin = `https://${hosts[0] ?? ''}`, grant, appOnly = false } = options
  const pairing = createPairing({
    name,
    ours: { clientId, realm, origin },
    theirs: presetOf(options),
    permissions: permissionsOf(options),
    ...(grant === undefined ? {} : { grants: [{ permissions: grant, appOnly }] }),
  })
  return write(pairing, context, options)
}

function presetOf({ product = 'other', url, realm, id }: PairExportOptions): ServerPreset | OtherServerOptions {
  const given = { url, ...(realm === undefined ? {} : { realm }) }
  switch (product) {
    case 'sharepoint':
      return sharePointServer(given)
    case 'exchange':
      return exchangeServer(given)
    case 'skype':
      return skypeForBusinessServer(given)
    case 'other':
      if (id === undefined) throw new CommandFailure('say who the other server is: --id ID')
      return { ...given, clientId: id }
    default:
      throw new CommandFailure('--product must be sharepoint, exchange, skype or other')
  }
}

/** The right is checked with all of the pairing. */
function permissionsOf({
  site = [],
  right = 'Read',
  appOnly = false,
}: PairExportOptions): readonly PairingPermission[] {
  return site.map((address) => ({ scope: 'Site', right: right as PairingPermission['right'], appOnly, site: address }))
}

async function write(
  pairing: Pairing,
  { io }: CommandContext,
  { commands, out }: PairExportOptions,
): Promise<CommandResult> {
  const value = commands === true ? { commands: pairing.powerShell() } : pairing.toJSON()
  const text = commands === true ? pairing.powerShell().trimEnd() : JSON.stringify(value, undefined, 2)
  if (out === undefined) return { value, lines: text.split('\n') }
  await replaceFile(resolve(io.cwd, out), `${text}\n`)
  return { value, lines: [`${out} is written. Nothing is trusted yet: npx passport-s2s pair import ${out}`] }
}
