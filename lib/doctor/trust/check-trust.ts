import { ConfigurationError } from '../../foundation/errors.ts'
import { systemClock } from '../../foundation/clock.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import { createCallerAuthenticator } from '../../permissions/caller-authenticator.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../../trust/trusted-issuers.ts'
import { readDoctorOptions, type DoctorOptions } from '../doctor-options.ts'
import { configurationFinding } from '../configuration-finding.ts'
import { findingOf, type Finding } from '../finding.ts'
import { nameOfOptions } from '../options-of-issuer.ts'
import { checkCertificateDates } from './check-dates.ts'
import { checkIntrospection } from './check-introspection.ts'
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
 * checked without the network. An issuer that is asked about its tokens is asked about a random one, which it must not call
 * active.
 *
 * Never rejects because of an issuer; each has at least one finding, in the order of `trustedIssuers`. Sends nothing but GETs and that question, to the
 * addresses that the server itself would ask. Does not check tokens (see `explainToken`), nor the configuration (see `checkServer`).
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
  let issuers: TrustedIssuers
  try {
    issuers = createCallerAuthenticator({ ...server, grants: [], trustedIssuers: [entry] }).issuers
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [configurationFinding(error, nameOfOptions(entry))]
  }
  try {
    return await lookAt(entry, server, issuers)
  } finally {
    issuers.close()
  }
}

/** The last word is the server's own: whatever the inspection did not see shows there. */
async function lookAt(
  entry: TrustedIssuerOptions,
  server: VerifierOptions,
  issuers: TrustedIssuers,
): Promise<readonly Finding[]> {
  const clock = server.clock ?? systemClock
  const seen = await Promise.all(placesOf(entry, server).map((place) => inspectIssuer(place, server, clock)))
  const findings = [...seen.flatMap((one) => one.findings), ...checkConfigured(entry, clock())]
  if (findings.some(({ severity }) => severity === 'error')) return findings
  const asked = await Promise.all(issuers.list().map(askIssuer))
  return [...findings, ...asked.flat()]
}

/** Keys and dates of certificates that are configured here. */
function checkConfigured(entry: TrustedIssuerOptions, now: number): readonly Finding[] {
  if (entry.type !== 'static' && entry.type !== 's2s-certificate') return []
  const name = nameOfOptions(entry)
  const cause = 'the keys of the issuer are configured here and can be used'
  const dates = readConfiguredKeys(entry).flatMap(({ id = '', certificate }) => {
    if (certificate === undefined) return []
    const { notBefore, notAfter } = certificate
    const what = `the configured certificate ${id}`
    return checkCertificateDates({ what, kind: 'certificate', notBefore, notAfter }, name, now)
  })
  return dates.length > 0 ? dates : [findingOf('ok', { kind: 'keys', cause, fix: '' }, name)]
}

async function askIssuer(issuer: TrustedIssuer): Promise<readonly Finding[]> {
  const { keys, name } = issuer
  if (issuer.protocol === 'oauth' && issuer.introspection !== undefined) return [await checkIntrospection(issuer)]
  try {
    await keys.current()
    return []
  } catch (error) {
    return [findingOf('error', diagnoseReason(error), name)]
  }
}
