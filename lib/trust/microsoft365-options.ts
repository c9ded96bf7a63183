import { ConfigurationError } from '../foundation/errors.ts'
import type { CommonIssuerOptions, RemoteKeysOptions, S2SIssuerOptions } from './issuer-options.ts'
import type { Microsoft365Cloud } from './microsoft365-clouds.ts'
import type { TrustContext } from './trusted-issuer.ts'

/** Which tenancy: one tenant, or a list of them. */
export type Microsoft365Tenants =
  | {
      /** The tenant (directory) id, a GUID. A domain name, `common` or `organizations` is no tenant id. */
      readonly tenantId: string
      readonly tenants?: never
    }
  | {
      /** The only tenants that are believed, by id. There is no wildcard: a tenant that is not listed is a stranger. */
      readonly tenants: readonly string[]
      readonly tenantId?: never
    }

type SharedOptions = Pick<
  CommonIssuerOptions,
  'clockToleranceSeconds' | 'permissionCeiling' | 'applications' | 'shadow' | 'singleUseTokens'
> &
  Pick<S2SIssuerOptions, 'allowDelegation' | 'acceptsUserTokens' | 'acceptSecurityIdentifiers'> &
  RemoteKeysOptions

/**
 * A Microsoft 365 tenancy: caller and called server belong to the same tenant (or to listed ones), and nothing else is
 * configured. See `createMicrosoft365Issuers` for the issuers this stands for.
 *
 * `permissionCeiling`, `applications`, `shadow`, `singleUseTokens`, `clockToleranceSeconds` and the options of key fetching hold for all of them; `allowDelegation`,
 * `acceptsUserTokens` and `acceptSecurityIdentifiers` for the S2S issuer only, which needs `self`.
 */
export interface Microsoft365BaseOptions extends SharedOptions {
  readonly type: 'microsoft365'
  /** Default `global`, where GCC tenants live too. `usgov`: GCC High and DoD. `china`: operated by 21Vianet. */
  readonly cloud?: Microsoft365Cloud
  /**
   * The preset's name; the issuers are called `<name>:<tenant id>:v1`, `:v2` and `:s2s`. `trustedIssuers.remove()` takes
   * this name (all), `<name>:<tenant id>` (one tenant) or the name of one issuer. Default `microsoft365`.
   */
  readonly name?: string
  /**
   * Audience(s) of the OAuth tokens, instead of the server's own `audience`: the API's client id (all v2 tokens; v1 tokens
   * too, when the client asked for it by id) or its App ID URI, such as `api://<client id>` (v1 tokens). List both when
   * both kinds come. Never of the S2S tokens: they name this server by `self`.
   */
  readonly audience?: string | readonly string[]
  /** Longest accepted lifetime in seconds, inclusive. Default 108000 (30 hours): Entra's longest tokens live 28 hours. */
  readonly maximumLifetimeSeconds?: number
}

/** Options of a Microsoft 365 tenancy. */
export type Microsoft365IssuerOptions = Microsoft365BaseOptions & Microsoft365Tenants

/** The tenant of all consumer accounts, where anybody can have one; the same in every cloud. */
const consumerTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'

/** Which of the two protocols a tenancy is trusted for: those in which the server says who it is. */
export interface Microsoft365Protocols {
  readonly oauth: boolean
  readonly s2s: boolean
}

/**
 * The tenant ids of the options, in lower case.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for the tenant of consumer accounts, or one that is listed twice
 */
export function readTenantIds(options: Microsoft365IssuerOptions, presetName: string): readonly string[] {
  const tenantIds = (options.tenants ?? [options.tenantId]).map((id) => id.toLowerCase())
  const twice = tenantIds.find((id, index) => tenantIds.indexOf(id) !== index)
  if (twice !== undefined) throw invalid(`${presetName}: tenants lists ${twice} twice; write it once`)
  if (tenantIds.includes(consumerTenant)) {
    throw invalid(
      `${presetName}: ${consumerTenant} is the tenant of consumer accounts, which anybody can open; it is no tenancy`,
    )
  }
  return tenantIds
}

/**
 * Which protocols the tenancy speaks with this server: OAuth needs an `audience`, S2S needs `self`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when there is neither, or options of S2S without `self`
 */
export function readProtocols(
  options: Microsoft365IssuerOptions,
  presetName: string,
  context: Pick<TrustContext, 'audience' | 'selfAudience'>,
): Microsoft365Protocols {
  const oauth = options.audience !== undefined || context.audience.length > 0
  const s2s = context.selfAudience.length > 0
  if (!oauth && !s2s) {
    throw invalid(
      `${presetName}: audience is missing; set it to the client id of this API (and its App ID URI for v1 tokens), or set self for S2S tokens`,
    )
  }
  const s2sOnly = (['allowDelegation', 'acceptsUserTokens', 'acceptSecurityIdentifiers'] as const).find(
    (option) => options[option],
  )
  if (!s2s && s2sOnly !== undefined) {
    throw invalid(`${presetName}: ${s2sOnly} is for S2S tokens, which need self: { clientId, realm, hosts }`)
  }
  return { oauth, s2s }
}

function invalid(message: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', message)
}
