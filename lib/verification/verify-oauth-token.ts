import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim, textClaim } from '../tokens/claims.ts'
import type { OAuthTrustedIssuer } from '../trust/trusted-issuer.ts'
import { verifyOAuthAudience, verifyTimes, type TokenTimes } from './verify-claims.ts'
import { verifyDialect, verifyTenant } from './verify-dialect.ts'

/** Claims that only ID tokens, logout tokens and security events carry: never an access token. */
const foreignClaims = ['at_hash', 'c_hash', 'events'] as const
/** Claims that belong to an unsigned S2S token; an OAuth issuer that sends them is refused rather than half understood. */
const s2sClaims = ['actortoken'] as const

/**
 * Checks the claims of an OAuth access token that need no key: audience, times, `cnf`, the kind of token, its tenant and,
 * in strict mode, RFC 9068's required claims.
 *
 * Does not check the signature (see `VerifiedSignature`) nor scopes (see `decide`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE`, `ERR_S2S_TOKEN_BOUND`, `ERR_S2S_CLAIM_INVALID`,
 * `ERR_S2S_REALM_MISMATCH` and those of `verifyTimes`, `verifyOAuthAudience`, `verifyDialect`
 * @see RFC 9068 section 4, RFC 8725 section 3.11
 */
export function verifyOAuthClaims(claims: JsonObject, issuer: OAuthTrustedIssuer, now: number): TokenTimes {
  verifyOAuthAudience(claims, issuer)
  const times = verifyTimes(claims, issuer, now)
  for (const name of foreignClaims) {
    if (Object.hasOwn(claims, name)) throw wrongKind(`"${name}" is not a claim of access tokens`)
  }
  for (const name of s2sClaims) {
    if (Object.hasOwn(claims, name)) {
      throw new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is not accepted from an OAuth issuer`)
    }
  }
  if (Object.hasOwn(claims, 'cnf')) {
    throw new TokenError('ERR_S2S_TOKEN_BOUND', 'the token is bound ("cnf") and came without proof')
  }
  // A SPIFFE ID may be longer than other names.
  if (issuer.trustDomain === undefined) textClaim(claims, 'sub')
  verifyTenant(claims, issuer)
  verifyDialect(claims, issuer)
  if (issuer.strict) verifyRequiredClaims(claims, times)
  return times
}

function verifyRequiredClaims(claims: JsonObject, times: TokenTimes): void {
  for (const name of ['sub', 'client_id', 'jti']) requiredTextClaim(claims, name)
  if (times.issuedAt === undefined || !Object.hasOwn(claims, 'iat')) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', '"iat" is missing')
  }
}

function wrongKind(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_TYPE', reason)
}
