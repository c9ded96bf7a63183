import type { Grant } from '../../permissions/grants.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import type { EditableConfig, EditableSelf } from '../file/config-document.ts'
import { findIssuer } from './issuer-index.ts'
import { tenantAddresses } from '../../trust/microsoft365-clouds.ts'
import { readTenantIds, type Microsoft365IssuerOptions } from '../../trust/microsoft365-options.ts'
import { nameOfOptions } from '../../doctor/options-of-issuer.ts'

/** A trusted issuer taken out of a configuration, with all that stands under its name. */
export interface TakenIssuer {
  readonly document: EditableConfig
  readonly entry: TrustedIssuerOptions
  readonly grants: readonly Grant[]
  /** Whether `self.advertise` listed it. */
  readonly advertised: boolean
}

/**
 * Takes a trusted issuer out of a configuration, with its grants and its place in `self.advertise`: a server refuses those
 * of an issuer it does not know.
 *
 * @throws CommandFailure when there is none of that name
 */
export function takeIssuer(before: EditableConfig, name: string): TakenIssuer {
  const entry = findIssuer(before, name)
  const names = namesOf(entry)
  const { self, grants = [], ...others } = before
  const kept = grants.filter(({ issuer }) => !names.includes(issuer))
  const document: EditableConfig = {
    ...others,
    ...(self === undefined ? {} : { self: withoutAdvertised(self, name) }),
    trustedIssuers: before.trustedIssuers.filter((other) => other !== entry),
    ...(kept.length === 0 ? {} : { grants: kept }),
  }
  const advertised = advertisedBy(self).includes(name)
  return { document, entry, grants: grants.filter((grant) => !kept.includes(grant)), advertised }
}

/** The issuers that `self.advertise` lists by name. */
export function advertisedBy(self: EditableSelf | undefined): readonly string[] {
  return Array.isArray(self?.advertise) ? (self.advertise as readonly string[]) : []
}

function withoutAdvertised(self: EditableSelf, name: string): EditableSelf {
  const listed = advertisedBy(self)
  return listed.includes(name) ? { ...self, advertise: listed.filter((other) => other !== name) } : self
}

/** Grants name an issuer by its name or by its `iss`; those of a preset by that of each tenant. */
export function namesOf(entry: TrustedIssuerOptions): readonly string[] {
  const name = nameOfOptions(entry)
  if (entry.type === 'microsoft365')
    return [name, ...readTenantIds(entry, name).flatMap((id) => namesOfTenant(entry, id))]
  const issuer = 'registeredIssuerName' in entry ? entry.registeredIssuerName : undefined
  return [name, ...(issuer === undefined ? [] : [issuer])]
}

/** How grants name the S2S issuer of one tenant, the name that this server gives it first. */
export function namesOfTenant(entry: Microsoft365IssuerOptions, tenantId: string): readonly [string, string] {
  const { registeredIssuerName } = tenantAddresses(entry.cloud ?? 'global', tenantId).s2s
  return [`${nameOfOptions(entry)}:${tenantId}:s2s`, registeredIssuerName]
}
