import type {
  S2SCertificateIssuerOptions,
  S2SMetadataIssuerOptions,
  TrustedIssuerOptions,
} from '../../trust/issuer-options.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { printTable } from '../print/print-table.ts'
import { nameOfOptions } from '../../doctor/options-of-issuer.ts'
import { readSuspended } from './suspended-file.ts'

/**
 * Lists whom the configuration believes, and who is suspended. Nothing is fetched.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function trustList({ configFile }: CommandContext): Promise<CommandResult> {
  const { trustedIssuers } = await readConfigFile(configFile)
  const suspended = await readSuspended(configFile)
  const issuers = [
    ...trustedIssuers.map((entry) => describe(nameOfOptions(entry), entry, 'trusted')),
    ...suspended.map(({ name, entry }) => describe(name, entry, 'suspended')),
  ]
  const rows = issuers.map(({ name, type, state, issuer }) => [name, type, state, issuer])
  const lines = rows.length === 0 ? ['Nobody is trusted.'] : printTable([['NAME', 'TYPE', 'STATE', 'ISSUER'], ...rows])
  return { value: issuers, lines }
}

interface ListedIssuer {
  readonly name: string
  readonly type: string
  readonly state: string
  readonly issuer: string
}

function describe(name: string, entry: TrustedIssuerOptions, state: string): ListedIssuer {
  return { name, type: entry.type, state, issuer: issuerOf(entry) }
}

function issuerOf(entry: TrustedIssuerOptions): string {
  if (entry.type === 'microsoft365') return entry.tenants?.join(', ') ?? entry.tenantId ?? ''
  if ('issuer' in entry) return entry.issuer
  return entry.registeredIssuerName ?? endpointOf(entry)
}

/** Only a document can say the issuer of itself. */
function endpointOf(entry: S2SMetadataIssuerOptions | S2SCertificateIssuerOptions): string {
  return 'metadataEndpoint' in entry ? entry.metadataEndpoint : ''
}
