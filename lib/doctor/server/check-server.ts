import { ConfigurationError } from '../../foundation/errors.ts'
import type { TransportRequest } from '../../express/secure-transport.ts'
import type { ResourceOptions, Resources } from '../../express/resource-guard.ts'
import { createCallerAuthenticator } from '../../permissions/caller-authenticator.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import { configurationFinding } from '../configuration-finding.ts'
import { readDoctorOptions, type DoctorOptions } from '../doctor-options.ts'
import { findingOf, type Finding } from '../finding.ts'
import { checkCertificates } from './check-certificates.ts'
import { checkGrants } from './check-grants.ts'
import { checkLimits } from './check-limits.ts'
import { checkNames } from './check-names.ts'
import { checkProxy, type ProxyFacts, type ProxySettings } from './check-proxy.ts'
import { checkResources } from './check-resources.ts'

/** The server that is checked, as far as it is known. */
export interface CheckedServer {
  /** The Express application; of it only the settings are read. */
  readonly app?: ProxySettings
  /** Express's `trust proxy`, where there is no application to ask. */
  readonly trustProxy?: unknown
  /** Whether TLS ends at a proxy in front. Default: told by the sample request only. */
  readonly isBehindProxy?: boolean
  /** One request as it came to this server; of it only headers and socket are read. */
  readonly sampleRequest?: TransportRequest
  /** The port that callers use. Default: that of the sample's `Host`. */
  readonly port?: number
  readonly resources?: Resources
  readonly resourceOptions?: ResourceOptions
}

/**
 * Checks the configuration of a server: what it would refuse at start, what is legal and probably wrong, and what
 * `trust proxy` does to it. Nothing is fetched (see `checkTrust`), and no function of the application is called.
 *
 * Does not find routes without a rule, nor whether the proxy can be passed by: the operator must see to that.
 */
export function checkServer(server: CheckedServer, options: DoctorOptions): readonly Finding[] {
  const facts = factsOf(server)
  const findings = [...checkProxy(facts), ...checkConfiguration(server, facts, options)]
  if (findings.some(({ severity }) => severity !== 'ok')) return findings
  return [...findings, findingOf('ok', { kind: 'configuration', cause: 'the configuration shows no fault', fix: '' })]
}

function factsOf({ app, trustProxy, isBehindProxy, sampleRequest }: CheckedServer): ProxyFacts {
  const settings = app ?? { get: (setting: string) => (setting === 'trust proxy' ? trustProxy : undefined) }
  return { app: settings, isSettingKnown: app !== undefined || trustProxy !== undefined, isBehindProxy, sampleRequest }
}

function checkConfiguration(server: CheckedServer, facts: ProxyFacts, options: DoctorOptions): readonly Finding[] {
  let read: VerifierOptions
  try {
    read = readDoctorOptions(options)
    createCallerAuthenticator(read).issuers.close()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [configurationFinding(error)]
  }
  const { resources, resourceOptions } = server
  return [
    ...checkLimits(options, server.port ?? portOf(server.sampleRequest)),
    ...checkCertificates(facts, read.clientCertificates),
    ...checkNames(read),
    ...checkGrants(read),
    ...(resources === undefined ? [] : checkResources(resources, resourceOptions, read)),
  ]
}

function portOf(request: TransportRequest | undefined): number | undefined {
  const port = /:(\d{1,5})$/.exec(String(request?.headers['host'] ?? ''))?.[1]
  return port === undefined ? undefined : Number(port)
}
