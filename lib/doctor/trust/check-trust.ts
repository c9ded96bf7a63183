import { ConfigurationError } from '../../foundation/errors.ts'
import { systemClock } from '../../foundation/clock.ts'
import { parseOptions } from '../../foundation/parse-options.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import { createCallerAuthenticator } from '../../permissions/caller-authenticator.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { trustedIssuerSchema } from '../../trust/issuer-schemas.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import { readDoctorOptions, type DoctorOptions } from '../doctor-options.ts'
import { configurationFinding } from '../configuration-finding.ts'
import { findingOf, type Finding } from '../finding.ts'
import { nameOfOptions } from '../options-of-issuer.ts'
import { checkCertificateDates } from './check-dates.ts'
import { readConfiguredKeys } from './configured-keys.ts'
import { diagnoseReason } from './diagnose-reason.ts'
import { inspectIssuer } from './inspect-issuer.ts'
import { placesOf } from './issuer-place.ts'

/** What is checked. */
export interface CheckTrustOptions {
  /** Names of trusted issuers, or of presets. Default: all. */
  readonly issuers?: readonly string[]
}

/**
 * Checks each trusted issuer for real, over the network, with the options of the server: address, TLS, redirect, document,
 * issuer to the letter, keys and why they are passed over, dates of certificates, clocks. Keys that are configured here are
 * checked without the network.
 *
 * Never rejects because of an issuer; each has at least one finding, in the order of `trustedIssuers`. Sends nothing but GETs to the addresses that the
 * server itself would ask. Does not check tokens (see `explainToken`), nor the configuration (see `checkServer`).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN` for options that are not of one issuer
 */
export async function checkTrust(
  options: DoctorOptions,
  { issuers }: CheckTrustOptions = {},
): Promise<readonly Finding[]> {
  const server = readDoctorOptions(options)
  const chosen = server.trustedIssuers.filter((entry) => issuers?.includes(nameOfOptions(entry)) ?? true)
  const findings = await Promise.all(chosen.map((entry) => checkEntry(entry, server)))
  return findings.flat()
}

async function checkEntry(entry: TrustedIssuerOptions, server: VerifierOptions): Promise<readonly Finding[]> {
  const name = nameOfOptions(entry)
  try {
    parseOptions(trustedIssuerSchema, entry, name)
    const clock = server.clock ?? systemClock
    const places = placesOf(entry, server)
    const seen = await Promise.all(places.map((place) => inspectIssuer(place, server, clock)))
    const findings = [...seen.flatMap((one) => one.findings), ...checkConfigured(entry, name, clock())]
    return findings.some(({ severity }) => severity === 'error')
      ? findings
      : [...findings, ...(await askServer(entry, server))]
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [configurationFinding(error, name)]
  }
}

/** Dates of certificates that are configured here. */
function checkConfigured(entry: TrustedIssuerOptions, name: string, now: number): readonly Finding[] {
  return readConfiguredKeys(entry).flatMap(({ id = '', certificate }) => {
    if (certificate === undefined) return []
    const { notBefore, notAfter } = certificate
    const what = `the configured certificate ${id}`
    return checkCertificateDates({ what, kind: 'certificate', notBefore, notAfter }, name, now)
  })
}

/** The last word is the server's own: whatever the inspection did not see shows here. */
async function askServer(entry: TrustedIssuerOptions, server: VerifierOptions): Promise<readonly Finding[]> {
  const { issuers } = createCallerAuthenticator({ ...server, grants: [], trustedIssuers: [entry] })
  try {
    const asked = await Promise.all(issuers.list().map(askIssuer))
    const isConfigured = entry.type === 'static' || entry.type === 's2s-certificate'
    const cause = `the keys of the issuer are configured here and can be used`
    const own = isConfigured ? [findingOf('ok', { kind: 'keys', cause, fix: '' }, nameOfOptions(entry))] : []
    return [...own, ...asked.flat()]
  } finally {
    issuers.close()
  }
}

async function askIssuer({ keys, name }: TrustedIssuer): Promise<readonly Finding[]> {
  try {
    await keys.current()
    return []
  } catch (error) {
    return [findingOf('error', diagnoseReason(error), name)]
  }
}
