import type { JwksKey } from './jwks-key-set.ts'

/** What Entra writes where the key vouches for every tenant but the consumers'. */
export const tenantTemplate = '{tenantid}'

/** For whom keys are wanted. */
export interface KeyTenant {
  /** GUID in lower case. */
  readonly tenantId: string
  /** The values of `issuer` that a key for this tenant may have, once the tenant stands in place of the template. */
  readonly keyIssuers: readonly string[]
  /** Whether a key without `issuer` is refused: in a set that serves many tenants it would vouch for all of them. */
  readonly isIssuerRequired: boolean
}

/**
 * The keys that may verify tokens of one Entra tenant, by the member `issuer` of their JWK: a text with `{tenantid}` fits
 * every tenant, any other text fits to the letter. The keys of consumer accounts (tenant 9188040d-...) stand in the same
 * set and never vouch for a business tenant.
 *
 * Does not check the `iss` of a token (see `TrustedIssuers.find`) nor its `tid` (see `verifyOAuthClaims`).
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens "Validate the issuer"; Storm-0558
 */
export function keysOfTenant(keys: readonly JwksKey[], tenant: KeyTenant): readonly JwksKey[] {
  return keys.filter(({ issuer }) => {
    if (issuer === undefined) return !tenant.isIssuerRequired
    return tenant.keyIssuers.includes(issuer.replace(tenantTemplate, () => tenant.tenantId))
  })
}
