import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { readActors } from '../tokens/actor-claim.ts'
import { requiredTextClaim, textClaim } from '../tokens/claims.ts'
import { readGoogleServiceAccount } from '../tokens/google-account.ts'
import { readServiceAccount } from '../tokens/kubernetes-account.ts'
import { readWorkload } from '../tokens/spiffe-id.ts'
import type { OAuthTrustedIssuer } from '../trust/trusted-issuer.ts'

/**
 * Checks the claims by which an issuer's dialect tells what kind of token this is and whose. Keycloak writes the kind into the
 * claim `typ`, Cognito into `token_use`; Kubernetes, SPIFFE and Google name one workload and nobody else.
 *
 * Does not check whether the application is one that is let in (see `createApplicationPolicy`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE`, `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_REALM_MISMATCH`, `ERR_S2S_ACTOR_MISMATCH`
 */
export function verifyDialect(claims: JsonObject, issuer: OAuthTrustedIssuer): void {
  const { callerKind } = issuer
  if (typeof callerKind === 'string') checks[callerKind]?.(claims, issuer)
  readActors(claims)
}

type Check = (claims: JsonObject, issuer: OAuthTrustedIssuer) => void

const checks: Readonly<Partial<Record<string, Check>>> = {
  keycloak: (claims) => {
    if ((textClaim(claims, 'typ') ?? 'Bearer') !== 'Bearer') throw wrongKind('"typ" is not Bearer')
  },
  cognito: (claims) => {
    if (textClaim(claims, 'token_use') !== 'access') throw wrongKind('"token_use" is not access')
  },
  entra: (claims) => {
    const [v1, v2] = [textClaim(claims, 'appid'), textClaim(claims, 'azp')]
    // The subject of an application is its object in the tenant, never its id.
    if (v1 === undefined && v2 === undefined) {
      throw new TokenError('ERR_S2S_CLAIM_INVALID', 'the token names no application (azp, appid)')
    }
    if (v1 !== undefined && v2 !== undefined && v1 !== v2) {
      throw new TokenError('ERR_S2S_CLAIM_INVALID', '"appid" and "azp" name two applications')
    }
  },
  kubernetes: (claims) => {
    readServiceAccount(claims)
    refuseActors(claims)
  },
  spiffe: (claims, { trustDomain }) => {
    readWorkload(claims, trustDomain)
    refuseActors(claims)
  },
  google: (claims) => {
    readGoogleServiceAccount(claims)
    refuseActors(claims)
  },
}

/** A workload that speaks for itself has no actor: what that would mean nobody has said. */
function refuseActors(claims: JsonObject): void {
  if (Object.hasOwn(claims, 'act')) throw new TokenError('ERR_S2S_CLAIM_INVALID', '"act" is not accepted here')
}

/**
 * Entra: `tid` must be the tenant that `iss` names. Whoever reads `tid` as the tenant of the caller must not be told
 * another one than the issuer we believed.
 *
 * @throws TokenError `ERR_S2S_REALM_MISMATCH`, `ERR_S2S_CLAIM_INVALID`
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens "Validate the issuer"
 */
export function verifyTenant(claims: JsonObject, { tenantId }: OAuthTrustedIssuer): void {
  if (tenantId === undefined || requiredTextClaim(claims, 'tid') === tenantId) return
  throw new TokenError('ERR_S2S_REALM_MISMATCH', '"tid" is not the tenant of the issuer')
}

function wrongKind(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_TYPE', reason)
}
