import type { Permission } from '../../permissions/scope.ts'
import type { Right } from '../../permissions/rights.ts'
import { parsePrincipalName } from '../../tokens/principal-name.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { nameOfOptions } from '../../doctor/options-of-issuer.ts'
import { readTenantIds } from '../../trust/microsoft365-options.ts'
import { findIssuer } from '../trust/issuer-index.ts'
import { namesOfTenant } from '../trust/take-issuer.ts'

/** Options of `grant add` and `grant remove`. */
export interface GrantOptions {
  /** `id` or `id@realm`. Default: the issuer's own application. */
  readonly application?: string
  /** `grant add`: the tenant, of a preset for several. */
  readonly tenant?: string
  /** The application may use it without a user. */
  readonly appOnly?: boolean
  /** The path that the rights are limited to; then permissions are written `scope:Right`. */
  readonly container?: string
}

/**
 * Grants permissions to an application of an S2S issuer. A right is written `lists:Write`.
 *
 * Does not check that any resource requires them (see `policy list`).
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function grantAdd(
  context: CommandContext,
  [name = '', ...permissions]: readonly string[],
  options: GrantOptions,
): Promise<CommandResult> {
  const document = await readConfigFile(context.configFile)
  const entry = findIssuer(document, name)
  const application = applicationOf(name, entry, options)
  const grant = {
    issuer: issuerOf(entry, options),
    application,
    permissions: permissions.map((permission) => withContainer(permission, options.container)),
    ...(options.appOnly === true ? { appOnly: true } : {}),
  }
  await writeConfigFile({ ...document, grants: [...(document.grants ?? []), grant] }, document, context)
  const how = options.appOnly === true ? 'with and without a user' : 'for users only (--app-only: also on its own)'
  return { value: grant, lines: [`${application} of ${name} may ${permissions.join(', ')}, ${how}.`] }
}

/** How the grant names the issuer: a preset stands for several. */
function issuerOf(entry: TrustedIssuerOptions, { tenant }: GrantOptions): string {
  const name = nameOfOptions(entry)
  if (entry.type !== 'microsoft365') {
    if (tenant === undefined) return name
    throw new CommandFailure(`${name} has no tenants; leave out --tenant`)
  }
  const tenantIds = readTenantIds(entry, name)
  const [only = '', ...others] =
    tenant === undefined ? tenantIds : tenantIds.filter((id) => id === tenant.toLowerCase())
  if (only === '') throw new CommandFailure(`${name} does not believe this tenant; it believes ${tenantIds.join(', ')}`)
  if (others.length > 0) throw new CommandFailure('say which tenant: --tenant ID')
  return namesOfTenant(entry, only)[0]
}

/**
 * Whose grants are meant.
 *
 * @throws CommandFailure where it must be said
 */
export function applicationOf(name: string, entry: TrustedIssuerOptions, { application }: GrantOptions): string {
  if (entry.type === 'openid' || entry.type === 'static' || entry.type === 'introspection') {
    throw new CommandFailure(
      `${name} is an OAuth issuer: its tokens carry their permissions; grants are for S2S servers`,
    )
  }
  const given = application ?? ownApplication(entry)
  if (given !== undefined) return given
  throw new CommandFailure('say which application: --application ID')
}

/** A broker speaks for others, and so does Microsoft 365. */
function ownApplication(entry: TrustedIssuerOptions): string | undefined {
  if (entry.type !== 's2s-metadata' && entry.type !== 's2s-certificate') return undefined
  const { registeredIssuerName = '', isTrustBroker = false } = entry
  return isTrustBroker ? undefined : parsePrincipalName(registeredIssuerName.replace(/@\*$/, ''))?.id
}

function withContainer(permission: string, container: string | undefined): Permission {
  if (container === undefined) return permission
  const colon = permission.lastIndexOf(':')
  if (colon < 1) throw new CommandFailure(`with --container write a right, such as ${permission}:Read`)
  return { scope: permission.slice(0, colon), right: permission.slice(colon + 1) as Right, container }
}
