import type { RefreshingValue } from '../foundation/refreshing-value.ts'
import { createJwksKeySet, type JwksKey } from '../keys/jwks-key-set.ts'
import { keysOfTenant, tenantTemplate } from '../keys/keys-of-tenant.ts'
import { createOAuthIssuer } from './issuer-policy.ts'
import { allTenants, tenantAddresses, type OpenIdAddress } from './microsoft365-clouds.ts'
import { readProtocols, readTenantIds, type Microsoft365IssuerOptions } from './microsoft365-options.ts'
import { createOpenIdKeys, keySetsOf } from './openid-keys.ts'
import { createS2SMetadataIssuer } from './s2s-metadata-issuer.ts'
import type { OAuthTrustedIssuer, S2STrustedIssuer, TrustContext, TrustedIssuer } from './trusted-issuer.ts'

type Version = 'v1' | 'v2'
type Keys = RefreshingValue<readonly JwksKey[]>

/** What the issuers of one preset have in common. */
interface Preset {
  readonly name: string
  readonly options: Microsoft365IssuerOptions
  readonly context: TrustContext
  /** The v2 keys of all listed tenants; `undefined` for a single tenant, which has documents of its own. */
  readonly shared: SharedKeys | undefined
}

/** Keys that several tenants use; they are closed with the last of them. */
interface SharedKeys {
  readonly keys: Keys
  readonly users: Set<string>
}

/**
 * The issuers that a Microsoft 365 tenancy stands for; for each tenant:
 *
 * | name | `iss` (cloud `global`) | keys |
 * |---|---|---|
 * | `:v1` | `https://sts.windows.net/<tenant>/` | the tenant's v1 discovery document |
 * | `:v2` | `https://login.microsoftonline.com/<tenant>/v2.0` | the tenant's v2 discovery document; of a list of tenants one document for all, `common`, of which only keys with `issuer` are used |
 * | `:s2s` | `00000001-0000-0000-c000-000000000000@<tenant>`, a broker | the tenant's S2S metadata document |
 *
 * Each document's `issuer` must be the expected one to the letter. `v1` and `v2` are there when the server (or the preset)
 * has an `audience`, `s2s` when the server has `self`; its tokens must name this server as `clientId/host@<tenant>`.
 * Signatures are RS256, the caller's kind is read as Entra writes it, and `tid` must be the tenant of `iss`.
 *
 * Nothing is fetched before a token of a listed tenant comes; another tenant's never makes us fetch anything. Not for
 * APIs with signing keys of their own (claims mapping), which are published under `?appid=`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 * @see protocol section 12; https://learn.microsoft.com/entra/identity-platform/access-tokens; CVE-2025-55241, Storm-0558
 */
export function createMicrosoft365Issuers(
  options: Microsoft365IssuerOptions,
  context: TrustContext,
): readonly TrustedIssuer[] {
  const name = options.name ?? 'microsoft365'
  const tenantIds = readTenantIds(options, name)
  const { oauth, s2s } = readProtocols(options, name, context)
  const shared = options.tenants === undefined || !oauth ? undefined : shareKeys(tenantIds, name, { options, context })
  const preset: Preset = { name, options, context, shared }
  return tenantIds.flatMap((tenantId) => [
    ...(oauth ? [createEntraIssuer(preset, tenantId, 'v1'), createEntraIssuer(preset, tenantId, 'v2')] : []),
    ...(s2s ? [createTokenServiceIssuer(preset, tenantId)] : []),
  ])
}

/** One document for all tenants. Its `issuer` is a template; which key is whose, the keys say themselves. */
function shareKeys(
  tenantIds: readonly string[],
  name: string,
  { options, context }: Pick<Preset, 'options' | 'context'>,
): SharedKeys {
  const { cloud = 'global' } = options
  const keys = createOpenIdKeys(
    {
      name: `${name}:${allTenants}:v2`,
      discoveryUrls: [tenantAddresses(cloud, allTenants).v2.discoveryUrl],
      documentIssuer: tenantAddresses(cloud, tenantTemplate).v2.issuer,
      remote: options,
    },
    context,
  )
  return { keys, users: new Set(tenantIds) }
}

function createEntraIssuer(preset: Preset, tenantId: string, version: Version): OAuthTrustedIssuer {
  const { options, context } = preset
  const addresses = tenantAddresses(options.cloud ?? 'global', tenantId)
  const address = addresses[version]
  const name = `${preset.name}:${tenantId}:${version}`
  const { keys, close } = keysFor(preset, { tenantId, version, name, address })
  const tenant = {
    tenantId,
    // Keys name the v2 issuer, also those that sign v1 tokens.
    keyIssuers: [address.issuer, addresses.v2.issuer],
    isIssuerRequired: keys === preset.shared?.keys,
  }
  const source = keySetsOf(keys, (all) => createJwksKeySet(keysOfTenant(all, tenant)), close)
  const policy = createOAuthIssuer(
    { ...options, ...entraPolicy(options), name, issuer: address.issuer, callerKind: 'entra' },
    source,
    context,
  )
  return { ...policy, tenantId, partOf: partOf(preset, tenantId) }
}

interface KeysPlace {
  readonly tenantId: string
  readonly version: Version
  readonly name: string
  readonly address: OpenIdAddress
}

function keysFor(
  { options, context, shared }: Preset,
  { tenantId, version, name, address }: KeysPlace,
): { readonly keys: Keys; close(this: void): void } {
  if (version === 'v2' && shared !== undefined) {
    const { keys, users } = shared
    const close = (): void => {
      users.delete(tenantId)
      if (users.size === 0) keys.close()
    }
    return { keys, close }
  }
  const { issuer: documentIssuer, discoveryUrl } = address
  const keys = createOpenIdKeys({ name, discoveryUrls: [discoveryUrl], documentIssuer, remote: options }, context)
  return { keys, close: keys.close.bind(keys) }
}

/** Entra's token service vouches for the applications of the tenant: a broker. */
function createTokenServiceIssuer(preset: Preset, tenantId: string): S2STrustedIssuer {
  const { options } = preset
  const issuer = createS2SMetadataIssuer(
    {
      ...options,
      ...entraPolicy(options),
      ...tenantAddresses(options.cloud ?? 'global', tenantId).s2s,
      type: 's2s-metadata',
      name: `${preset.name}:${tenantId}:s2s`,
      audience: audienceInTenant(preset.context.selfAudience, tenantId),
      isTrustBroker: true,
    },
    preset.context,
  )
  return Object.assign(issuer, { partOf: partOf(preset, tenantId) })
}

/** A token that names this server in another tenant's realm is not for us in this tenant (CVE-2025-55241). */
function audienceInTenant(selfAudience: readonly string[], tenantId: string): readonly string[] {
  return selfAudience.map((audience) => audience.slice(0, audience.lastIndexOf('@') + 1) + tenantId)
}

/** Entra signs with RSA and SHA-256 and writes `JWT`; its longest tokens (continuous access evaluation) live 28 hours. */
function entraPolicy({ maximumLifetimeSeconds = 108_000 }: Pick<Microsoft365IssuerOptions, 'maximumLifetimeSeconds'>): {
  readonly algorithms: readonly string[]
  readonly acceptedTypes: readonly string[]
  readonly maximumLifetimeSeconds: number
} {
  return { algorithms: ['RS256'], acceptedTypes: ['JWT'], maximumLifetimeSeconds }
}

function partOf({ name }: Preset, tenantId: string): readonly string[] {
  return [name, `${name}:${tenantId}`]
}
