/** A Microsoft cloud. GCC tenants live in `global`; GCC High and DoD in `usgov`; 21Vianet in `china`. */
export type Microsoft365Cloud = 'global' | 'usgov' | 'china'

interface CloudHosts {
  /** Entra v1 `iss` and, with the path, all Entra documents. */
  readonly v1Issuer: string
  readonly login: string
  /** Where `/<tenant>/metadata/json/1` of the S2S issuer lives. */
  readonly s2s: string
}

/**
 * The hosts of each cloud.
 *
 * Documented by Microsoft: all `v1Issuer` and `login` hosts (a support answer lists the issuers of both versions by cloud;
 * "National clouds" has the login hosts); the S2S documents of `global` and `usgov`. `usgov` shares the v1 issuer host
 * with `global`. Inferred: that the S2S document of `china` has the same path on the host that is documented for its
 * token service, and that the v1 discovery document lives on the login host in `usgov` and `china` as it does in `global`.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * @see https://learn.microsoft.com/answers/questions/1190472/what-are-the-token-issuers-for-the-sovereign-cloud
 */
const clouds: Readonly<Record<Microsoft365Cloud, CloudHosts>> = {
  global: {
    v1Issuer: 'https://sts.windows.net',
    login: 'https://login.microsoftonline.com',
    s2s: 'https://accounts.accesscontrol.windows.net',
  },
  usgov: {
    v1Issuer: 'https://sts.windows.net',
    login: 'https://login.microsoftonline.us',
    s2s: 'https://login.microsoftonline.us',
  },
  china: {
    v1Issuer: 'https://sts.chinacloudapi.cn',
    login: 'https://login.partner.microsoftonline.cn',
    s2s: 'https://accounts.accesscontrol.chinacloudapi.cn',
  },
}

/** Names and addresses of one tenant. `v1` and `v2` are OAuth, `s2s` is the token service as an S2S issuer. */
export interface TenantAddresses {
  readonly v1: OpenIdAddress
  readonly v2: OpenIdAddress
  readonly s2s: { readonly registeredIssuerName: string; readonly metadataEndpoint: string }
}

/** An issuer and the discovery document that describes it; v1 documents do not live below their issuer. */
export interface OpenIdAddress {
  readonly issuer: string
  readonly discoveryUrl: string
}

/** Principal identifier of the Entra token service (once ACS) as an S2S issuer, the same in every cloud and tenant. */
const tokenService = '00000001-0000-0000-c000-000000000000'

/**
 * What a tenant's issuers are called and where their documents are. The trailing slash of the v1 issuer is part of it.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens "v1.0 and v2.0 tokens"; protocol sections 5.1, 12
 */
export function tenantAddresses(cloud: Microsoft365Cloud, tenantId: string): TenantAddresses {
  const { v1Issuer, login, s2s } = clouds[cloud]
  return {
    v1: {
      issuer: `${v1Issuer}/${tenantId}/`,
      discoveryUrl: `${login}/${tenantId}/.well-known/openid-configuration`,
    },
    v2: {
      issuer: `${login}/${tenantId}/v2.0`,
      discoveryUrl: `${login}/${tenantId}/v2.0/.well-known/openid-configuration`,
    },
    s2s: {
      registeredIssuerName: `${tokenService}@${tenantId}`,
      metadataEndpoint: `${s2s}/${tenantId}/metadata/json/1`,
    },
  }
}

/** The address under which one v2 document stands for all tenants; its `issuer` has the template `{tenantid}`. */
export const allTenants = 'common'
