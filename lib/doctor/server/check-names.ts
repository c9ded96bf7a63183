import { readUrl } from '../../foundation/read-url.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { findingOf, type Finding } from '../finding.ts'
import { nameOfOptions } from '../options-of-issuer.ts'
import { grantsOf } from './grants-of.ts'

/** Names of issuers, audiences and applications that are legal and hardly ever meant: they are compared to the letter. */
export function checkNames(options: VerifierOptions): readonly Finding[] {
  const { audience, trustedIssuers } = options
  return [
    ...[audience ?? []].flat().flatMap((text) => checkAudience(text, undefined)),
    ...trustedIssuers.flatMap(checkIssuerNames),
    ...applicationsOf(options).flatMap(({ id, where, issuer }) => checkApplication(id, where, issuer)),
  ]
}

const toTheLetter = 'write it exactly as the tokens have it: it is compared to the letter'

function checkIssuerNames(entry: TrustedIssuerOptions): readonly Finding[] {
  const name = nameOfOptions(entry)
  const audiences = [('audience' in entry ? entry.audience : undefined) ?? []].flat()
  const isOAuth = entry.type === 'openid' || entry.type === 'static' || entry.type === 'introspection'
  const own = isOAuth ? checkIssuer(entry.issuer, name) : []
  return [...own, ...checkGoogle(entry, name), ...audiences.flatMap((text) => checkAudience(text, name))]
}

function checkIssuer(issuer: string, name: string): readonly Finding[] {
  if (/^http:\/\//i.test(issuer)) {
    const cause = `the issuer ${issuer} is http, and issuers name themselves with https`
    return [findingOf('warning', { kind: 'issuer-http', cause, fix: toTheLetter }, name)]
  }
  if (!hasCapitals(issuer)) return []
  const cause = `the host of the issuer ${issuer} has capitals, and issuers write it in lower case`
  return [findingOf('warning', { kind: 'issuer-upper-case', cause, fix: toTheLetter }, name)]
}

/** Google's access tokens are opaque: whatever JWT comes from there is an ID token, mostly of a person. */
function checkGoogle(entry: TrustedIssuerOptions, name: string): readonly Finding[] {
  if (entry.type !== 'openid' || entry.issuer !== 'https://accounts.google.com' || entry.callerKind === 'google')
    return []
  const cause = 'the issuer signs ID tokens only, and those of people are taken for access tokens'
  const fix = "set callerKind: 'google' and applications: [...], which let in service accounts only"
  return [findingOf('warning', { kind: 'google-without-dialect', cause, fix }, name)]
}

function checkAudience(audience: string, issuer: string | undefined): readonly Finding[] {
  const isAddress = /^https?:\/\//i.test(audience)
  if (isAddress && audience.endsWith('/')) {
    const cause = `the audience ${audience} ends with a slash: tokens without it are refused`
    return [findingOf('warning', { kind: 'audience-slash', cause, fix: toTheLetter }, issuer)]
  }
  if (!hasCapitals(audience)) return []
  const cause = `the host of the audience ${audience} has capitals: tokens with small letters are refused`
  return [findingOf('warning', { kind: 'audience-upper-case', cause, fix: toTheLetter }, issuer)]
}

function hasCapitals(address: string): boolean {
  const host = readUrl(address)?.host ?? ''
  return host !== '' && /^https?:/i.test(address) && !address.includes(host)
}

interface NamedApplication {
  readonly id: string
  readonly where: string
  readonly issuer?: string
}

/** Every application (and this server) that the configuration names. */
function applicationsOf(options: VerifierOptions): readonly NamedApplication[] {
  const { self, trustedIssuers } = options
  const grants = grantsOf(options) ?? []
  return [
    ...(self === undefined ? [] : [{ id: `${self.clientId}@${self.realm}`, where: '"self"' }]),
    ...grants.map(({ application: id, issuer }) => ({ id, where: 'a grant', issuer })),
    ...trustedIssuers.flatMap((entry) =>
      delegatesOf(entry).map((id) => ({ id, where: 'allowDelegation', issuer: nameOfOptions(entry) })),
    ),
  ]
}

/** The applications that may act for users by the options of an issuer. */
export function delegatesOf(entry: TrustedIssuerOptions): readonly string[] {
  if (!('allowDelegation' in entry) || !entry.allowDelegation) return []
  return entry.allowDelegation.applications.map((one) => (typeof one === 'string' ? one : one.id))
}

const guidWithCapitals = /(?=[0-9a-f-]*[A-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/

function checkApplication(id: string, where: string, issuer: string | undefined): readonly Finding[] {
  if (!guidWithCapitals.test(id)) return []
  const cause = `${where} names ${id} in capitals, and tokens carry identifiers in lower case`
  const fix = `write ${id.toLowerCase()}, unless the tokens really have capitals`
  return [findingOf('warning', { kind: 'client-id-upper-case', cause, fix }, issuer)]
}
