import { inLowerCase } from '../../foundation/lower-case.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { Grant } from '../../permissions/grants.ts'
import { parsePrincipalName } from '../../tokens/principal-name.ts'
import type {
  S2SCertificateIssuerOptions,
  S2SMetadataIssuerOptions,
  TrustedIssuerOptions,
} from '../../trust/issuer-options.ts'
import { findingOf, type Diagnosis, type Finding } from '../finding.ts'
import { nameOfOptions } from '../options-of-issuer.ts'
import { delegatesOf } from './check-names.ts'
import { grantsOf } from './grants-of.ts'

type S2SOptions = S2SMetadataIssuerOptions | S2SCertificateIssuerOptions

/** Grants that can never be used, and applications that are trusted for users and hold nothing. */
export function checkGrants(options: VerifierOptions): readonly Finding[] {
  const grants = grantsOf(options)
  if (grants === undefined) return []
  return [
    ...grants.flatMap((grant) => checkGrant(grant, options.trustedIssuers)),
    ...options.trustedIssuers.flatMap((entry) => checkDelegates(entry, grants)),
  ]
}

function checkGrant(grant: Grant, issuers: readonly TrustedIssuerOptions[]): readonly Finding[] {
  const entry = issuers.find((one) => isNamed(one, grant.issuer))
  if (entry === undefined) return isOfPreset(grant.issuer, issuers) ? [] : [findingOf('error', unknownIssuer(grant))]
  const diagnosis = isS2S(entry) ? diagnoseGrant(grant, entry) : diagnoseOAuthGrant(grant, entry)
  return diagnosis === undefined ? [] : [findingOf('warning', diagnosis, nameOfOptions(entry))]
}

function isNamed(entry: TrustedIssuerOptions, name: string): boolean {
  const own =
    'issuer' in entry ? entry.issuer : 'registeredIssuerName' in entry ? entry.registeredIssuerName : undefined
  return nameOfOptions(entry) === name || own === name
}

/** Issuers of presets, and those that have not told their name, are named elsewhere. */
function isOfPreset(name: string, issuers: readonly TrustedIssuerOptions[]): boolean {
  return issuers.some(
    (one) =>
      one.type === 'microsoft365' ||
      (one.type === 's2s-metadata' &&
        (one.registeredIssuerName === undefined || one.realms !== undefined) &&
        name.includes('@')),
  )
}

function isS2S(entry: TrustedIssuerOptions): entry is S2SOptions {
  return entry.type === 's2s-metadata' || entry.type === 's2s-certificate'
}

function unknownIssuer({ application, issuer }: Grant): Diagnosis {
  return {
    kind: 'grant-issuer-unknown',
    cause: `the grant for ${application} is for the issuer ${issuer}, which is not among trustedIssuers`,
    fix: 'write the name of a trusted issuer',
  }
}

function diagnoseOAuthGrant({ application }: Grant, entry: TrustedIssuerOptions): Diagnosis | undefined {
  if (entry.type === 'microsoft365') return undefined
  return {
    kind: 'grant-oauth-issuer',
    cause: `the grant for ${application} is never read: applications of an OAuth issuer hold what their tokens say`,
    fix: 'remove the grant, and give the scope or role at the issuer',
  }
}

function diagnoseGrant(grant: Grant, entry: S2SOptions): Diagnosis | undefined {
  const issuer = parsePrincipalName(entry.registeredIssuerName ?? '')
  return (
    diagnoseRealm(grant, entry, issuer?.realm) ??
    diagnoseBroker(grant, entry, issuer?.id) ??
    diagnoseAppOnly(grant, entry)
  )
}

function diagnoseRealm({ application }: Grant, entry: S2SOptions, realm: string | undefined): Diagnosis | undefined {
  const named = parsePrincipalName(application)?.realm
  if (entry.realms !== undefined || realm === undefined || named === undefined || named === realm) return undefined
  const cause = `the grant for ${application} is never used: the issuer vouches for its own realm ${realm} only`
  return { kind: 'grant-realm', cause, fix: 'write the realm of the issuer, or leave the realm out' }
}

function diagnoseBroker(
  { application }: Grant,
  entry: S2SOptions,
  issuerId: string | undefined,
): Diagnosis | undefined {
  const id = parsePrincipalName(application)?.id
  if (entry.isTrustBroker === true || issuerId === undefined || id === issuerId) return undefined
  return {
    kind: 'broker-flag-missing',
    cause: `the grant for ${application} is never used: ${nameOfOptions(entry)} is no broker and vouches for itself only`,
    fix: 'set isTrustBroker: true on the issuer, if it may vouch for all its applications',
  }
}

function diagnoseAppOnly({ application, appOnly }: Grant, entry: S2SOptions): Diagnosis | undefined {
  const id = parsePrincipalName(application)?.id ?? application
  const mayDelegate = delegatesOf(entry).some((delegate) => delegate === application || delegate.split('@')[0] === id)
  if (appOnly === true || mayDelegate || entry.acceptsUserTokens === true) return undefined
  return {
    kind: 'app-only-off',
    cause: `the grant for ${application} is never used: appOnly is off, and the application may not act for users either`,
    fix: 'set appOnly: true on the grant, or list the application in allowDelegation of the issuer',
  }
}

function checkDelegates(entry: TrustedIssuerOptions, grants: readonly Grant[]): readonly Finding[] {
  return delegatesOf(entry).flatMap((delegate): Finding[] => {
    if (grants.some(({ application }) => idOf(application) === idOf(delegate))) return []
    const cause = `the application ${delegate} may act for users, and no grant gives it anything to do`
    return [
      findingOf(
        'warning',
        { kind: 'delegation-without-grant', cause, fix: 'add a grant for it' },
        nameOfOptions(entry),
      ),
    ]
  })
}

/** Letter case is another finding. */
function idOf(application: string): string {
  return inLowerCase(application.replace(/@.*$/, ''))
}
