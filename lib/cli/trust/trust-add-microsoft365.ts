import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { tenantAddresses, type Microsoft365Cloud } from '../../trust/microsoft365-clouds.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import { withAudience, withSelf, type SelfParts } from '../file/begin-self.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { validateConfig } from '../file/validate-config.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { printTable } from '../print/print-table.ts'

/** What stands in the place of an address: the preset. */
export const microsoft365Word = 'microsoft365'

/** Options of `trust add NAME microsoft365`. */
export interface Microsoft365AddOptions extends SelfParts {
  /** The tenants to believe, by id. */
  readonly tenant?: readonly string[]
  /** Default `global`. */
  readonly cloud?: string
}

const clouds: readonly Microsoft365Cloud[] = ['global', 'usgov', 'china']

/**
 * Writes the `microsoft365` preset for one tenancy, after a yes. OAuth tokens are believed where the configuration has an
 * `audience` (or one is given), S2S tokens where it says who this server is.
 *
 * Nothing is fetched: the addresses of a tenant follow from its id (see `doctor`).
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function trustAddMicrosoft365(
  context: CommandContext,
  [name, before]: readonly [name: string, before: EditableConfig],
  options: Microsoft365AddOptions,
): Promise<CommandResult> {
  const { tenant: tenants = [] } = options
  if (tenants.length === 0) throw new CommandFailure('say which tenant: --tenant ID, its directory id (a GUID)')
  const cloud = readCloud(options.cloud)
  const [tenantId, ...others] = tenants
  const entry = {
    type: 'microsoft365',
    name,
    ...(others.length === 0 ? { tenantId } : { tenants }),
    ...(cloud === 'global' ? {} : { cloud }),
  } as TrustedIssuerOptions
  const begun = withOurselves(before, options)
  const document = { ...begun, trustedIssuers: [...begun.trustedIssuers, entry] }
  await validateConfig(document, context)
  const issuers = tenants.flatMap((id) => issuersOf(cloud, id.toLowerCase(), document))
  const about = printTable([
    ['type', microsoft365Word],
    ['cloud', cloud],
    ...issuers.map((issuer) => ['issuer', issuer]),
  ])
  const question =
    tenants.length === 1 ? `of this tenant, as ${name}` : `of these ${tenants.length} tenants, as ${name}`
  await confirm(`Believe tokens ${question}?`, context, about)
  await writeConfigFile(document, before, context)
  return { value: { ...entry, issuers }, lines: [...about, '', `${name} is trusted.`, ...nextSteps(name, document)] }
}

function readCloud(given = 'global'): Microsoft365Cloud {
  const cloud = clouds.find((known) => known === given)
  if (cloud !== undefined) return cloud
  throw new CommandFailure(`--cloud must be one of ${clouds.join(', ')}`)
}

/** At least one of the two protocols needs its part. */
function withOurselves(before: EditableConfig, parts: SelfParts): EditableConfig {
  const isAudienceKnown = (parts.audience ?? before.audience) !== undefined
  const isSelfKnown = (parts.host ?? before.self) !== undefined
  if (!isAudienceKnown && !isSelfKnown) {
    throw new CommandFailure(
      'say what OAuth tokens for this server carry in "aud", the client id of this API: --audience ID; or, for S2S tokens, its host name: --host reports.example.com',
    )
  }
  const begun = isAudienceKnown ? withAudience(before, parts) : before
  return isSelfKnown ? withSelf(begun, parts) : begun
}

/** What tokens of the tenant carry in `iss`. */
function issuersOf(cloud: Microsoft365Cloud, tenantId: string, document: EditableConfig): readonly string[] {
  const { v1, v2, s2s } = tenantAddresses(cloud, tenantId)
  return [
    ...(document.audience === undefined ? [] : [v1.issuer, v2.issuer]),
    ...(document.self === undefined ? [] : [s2s.registeredIssuerName]),
  ]
}

function nextSteps(name: string, { audience, self }: EditableConfig): readonly string[] {
  const oauth = 'What its OAuth tokens may do is what their scopes and roles say and your resources require.'
  const s2s = [
    'Nothing is granted to its S2S applications yet:',
    `  npx passport-s2s grant add ${name} reports.read --application ID --app-only`,
  ]
  return [
    ...(audience === undefined ? [] : [oauth]),
    ...(self === undefined ? [] : s2s),
    'Whether its keys can be read: npx passport-s2s doctor',
  ]
}
