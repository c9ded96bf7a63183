import { tenantTemplate } from '../../keys/keys-of-tenant.ts'
import { openIdMetadataUrls } from '../../metadata/openid-metadata.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { RemoteKeysOptions, TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { allTenants, tenantAddresses } from '../../trust/microsoft365-clouds.ts'
import { readProtocols, readTenantIds, type Microsoft365IssuerOptions } from '../../trust/microsoft365-options.ts'
import { selfAudiences } from '../../trust/self.ts'
import type { TrustContext } from '../../trust/trusted-issuer.ts'
import { nameOfOptions } from '../options-of-issuer.ts'

/** Where an issuer publishes what, and as whom its document must name it. */
export type RemotePlace = {
  readonly name: string
  readonly remote: RemoteKeysOptions
  readonly clockToleranceSeconds: number
} & (
  | {
      readonly kind: 'openid'
      /** Asked in turn. */
      readonly urls: readonly string[]
      readonly documentIssuer: string
      readonly jwksUri: string | undefined
    }
  | { readonly kind: 's2s'; readonly url: string; readonly documentIssuer: string | undefined }
)

/**
 * The documents of one entry of `trustedIssuers`: none for keys that are configured here, several for a preset.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (tenants, or a preset without audience and self)
 */
export function placesOf(options: TrustedIssuerOptions, server: VerifierOptions): readonly RemotePlace[] {
  switch (options.type) {
    case 'openid': {
      const urls = openIdMetadataUrls(options.issuer)
      const { issuer: documentIssuer, jwksUri } = options
      return [{ ...common(options, options), kind: 'openid', urls, documentIssuer, jwksUri }]
    }
    case 's2s-metadata': {
      const { metadataEndpoint: url, registeredIssuerName: documentIssuer } = options
      return [{ ...common(options, options), kind: 's2s', url, documentIssuer }]
    }
    case 'microsoft365':
      return placesOfTenancy(options, server)
    default:
      return []
  }
}

function common(
  options: TrustedIssuerOptions,
  remote: RemoteKeysOptions,
): Pick<RemotePlace, 'name' | 'remote' | 'clockToleranceSeconds'> {
  return { name: nameOfOptions(options), remote, clockToleranceSeconds: options.clockToleranceSeconds ?? 60 }
}

function placesOfTenancy(options: Microsoft365IssuerOptions, server: VerifierOptions): readonly RemotePlace[] {
  const shared = common(options, options)
  const { oauth, s2s } = readProtocols(options, shared.name, {
    audience: [server.audience ?? []].flat(),
    selfAudience: selfAudiences(server.self),
  } as unknown as TrustContext)
  const cloud = options.cloud ?? 'global'
  const openid = { ...shared, kind: 'openid', jwksUri: undefined } as const
  const places = readTenantIds(options, shared.name).flatMap((tenantId): RemotePlace[] => {
    const { v1, v2, s2s: service } = tenantAddresses(cloud, tenantId)
    const name = `${shared.name}:${tenantId}`
    const own: RemotePlace[] = oauth
      ? [{ ...openid, name: `${name}:v1`, urls: [v1.discoveryUrl], documentIssuer: v1.issuer }]
      : []
    if (oauth && options.tenants === undefined) {
      own.push({ ...openid, name: `${name}:v2`, urls: [v2.discoveryUrl], documentIssuer: v2.issuer })
    }
    const { metadataEndpoint: url, registeredIssuerName: documentIssuer } = service
    return s2s ? [...own, { ...shared, name: `${name}:s2s`, kind: 's2s', url, documentIssuer }] : own
  })
  if (!oauth || options.tenants === undefined) return places
  const urls = [tenantAddresses(cloud, allTenants).v2.discoveryUrl]
  const documentIssuer = tenantAddresses(cloud, tenantTemplate).v2.issuer
  return [...places, { ...openid, name: `${shared.name}:${allTenants}:v2`, urls, documentIssuer }]
}
