import { dirname } from 'node:path'
import type { ConfigDocument } from '../../config/config-document.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import type { TextOrFile } from '../../foundation/text-or-file.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { readCertificate } from '../../trust/static-issuer.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { describeKey, describeServer } from './describe-server.ts'
import { inspectServer, ofCertificate, type InspectedKey, type InspectedServer } from './inspect-server.ts'
import { findIssuer } from './issuer-index.ts'

/**
 * Shows what the configuration says of one trusted issuer, and what that server publishes now.
 *
 * Does not judge (see `doctor`).
 *
 * @throws CommandFailure, ConfigurationError, UnavailableError
 */
export async function trustShow(context: CommandContext, name: string): Promise<CommandResult> {
  const { configFile, io } = context
  const document = await readConfigFile(configFile)
  const entry = findIssuer(document, name)
  const { ca } = document as { readonly ca?: string }
  const alone = { ...(ca === undefined ? {} : { ca }), trustedIssuers: [entry] } as unknown as ConfigDocument
  const read = await loadConfig(alone, { folder: dirname(configFile), environment: io.environment })
  const seen = await look(read.trustedIssuers[0] as TrustedIssuerOptions, read)
  const described = Array.isArray(seen)
    ? seen.flatMap((key: InspectedKey) => describeKey(key, io.clock()))
    : describeServer(seen as InspectedServer, io.clock())
  const lines = [`${name} in the configuration:`, ...JSON.stringify(entry, undefined, 2).split('\n'), '', ...described]
  return { value: { name, entry, seen }, lines }
}

/** What is published, or which keys are configured. */
async function look(
  issuer: TrustedIssuerOptions,
  common: FetchJsonOptions,
): Promise<InspectedServer | readonly InspectedKey[]> {
  const address = addressOf(issuer)
  if (address === undefined) return configuredKeys(issuer)
  const ca = ('ca' in issuer ? issuer.ca : undefined) ?? common.ca
  return inspectServer(address, ca === undefined ? {} : { ca })
}

function addressOf(issuer: TrustedIssuerOptions): string | undefined {
  if (issuer.type === 's2s-metadata') return issuer.metadataEndpoint
  return issuer.type === 'openid' ? issuer.issuer : undefined
}

function configuredKeys(issuer: TrustedIssuerOptions): readonly InspectedKey[] {
  if (issuer.type === 's2s-certificate') return [issuer.certificates].flat().map(readKey)
  return issuer.type === 'static' && issuer.certificate !== undefined ? [readKey(issuer.certificate)] : []
}

function readKey(certificate: TextOrFile): InspectedKey {
  return ofCertificate(readCertificate(certificate, 'certificate'))
}
