import { tenantTemplate } from '../../keys/keys-of-tenant.ts'
import { openIdMetadataUrls } from '../../metadata/openid-metadata.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { JwksUse } from '../../keys/jwks-key-set.ts'
import { discoveryTokenOf } from '../../trust/discovery-token.ts'
import type { OpenIdIssuerOptions, TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import type { FetcherOptions } from '../../trust/remote-keys.ts'
import { allTenants, tenantAddresses, type OpenIdAddress } from '../../trust/microsoft365-clouds.ts'
import { readProtocols, readTenantIds, type Microsoft365IssuerOptions } from '../../trust/microsoft365-options.ts'
import { selfAudiences } from '../../trust/self.ts'
import { nameOfOptions } from '../options-of-issuer.ts'

/** Where an issuer publishes what, and as whom its document must name it. */
export type RemotePlace = {
  readonly name: string
  /** The names of the trusted issuers whose keys are there. */
  readonly issuers: readonly string[]
  readonly remote: FetcherOptions
  readonly clockToleranceSeconds: number
} & (
  | {
      readonly kind: 'openid'
      /** Asked in turn. */
      readonly urls: readonly string[]
      readonly documentIssuer: string
      readonly jwksUri: string | undefined
      /** Which keys count. Default `sig`. */
      readonly use?: JwksUse
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
    case 'openid':
      return [placeOfOpenId(options)]
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

function placeOfOpenId(options: OpenIdIssuerOptions): RemotePlace {
  const { issuer: documentIssuer, bundleEndpoint, jwksUri = bundleEndpoint } = options
  const urls = jwksUri === undefined ? openIdMetadataUrls(documentIssuer) : []
  const use = bundleEndpoint === undefined ? 'sig' : 'jwt-svid'
  const remote = { ...options, discoveryToken: discoveryTokenOf(options) }
  return { ...common(options, remote), kind: 'openid', urls, documentIssuer, jwksUri, use }
}

function common(
  options: TrustedIssuerOptions,
  remote: FetcherOptions,
): Pick<RemotePlace, 'name' | 'issuers' | 'remote' | 'clockToleranceSeconds'> {
  const name = nameOfOptions(options)
  return { name, issuers: [name], remote, clockToleranceSeconds: options.clockToleranceSeconds ?? 60 }
}

function placesOfTenancy(options: Microsoft365IssuerOptions, server: VerifierOptions): readonly RemotePlace[] {
  const shared = common(options, options)
  const { name } = shared
  const protocols = readProtocols(options, name, {
    audience: [server.audience ?? []].flat(),
    selfAudience: selfAudiences(server.self),
  })
  const cloud = options.cloud ?? 'global'
  const tenantIds = readTenantIds(options, name)
  const openid = (place: string, { issuer, discoveryUrl }: OpenIdAddress, issuers = [place]): RemotePlace => ({
    ...{ ...shared, name: place, issuers, kind: 'openid', jwksUri: undefined },
    urls: [discoveryUrl],
    documentIssuer: issuer,
  })
  const places = tenantIds.flatMap((tenantId): RemotePlace[] => {
    const { v1, v2, s2s } = tenantAddresses(cloud, tenantId)
    const own = `${name}:${tenantId}`
    const { metadataEndpoint: url, registeredIssuerName: documentIssuer } = s2s
    return [
      ...(protocols.oauth ? [openid(`${own}:v1`, v1)] : []),
      ...(protocols.oauth && options.tenants === undefined ? [openid(`${own}:v2`, v2)] : []),
      ...(protocols.s2s
        ? [{ ...shared, name: `${own}:s2s`, issuers: [`${own}:s2s`], kind: 's2s' as const, url, documentIssuer }]
        : []),
    ]
  })
  if (!protocols.oauth || options.tenants === undefined) return places
  const { discoveryUrl } = tenantAddresses(cloud, allTenants).v2
  const { issuer } = tenantAddresses(cloud, tenantTemplate).v2
  const served = tenantIds.map((tenantId) => `${name}:${tenantId}:v2`)
  return [...places, openid(`${name}:${allTenants}:v2`, { issuer, discoveryUrl }, served)]
}
