import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim, textClaim } from '../tokens/claims.ts'
import { readConfirmation, type Confirmation } from '../tokens/confirmation.ts'
import type { OAuthTrustedIssuer, SenderConstraint } from '../trust/trusted-issuer.ts'
import { verifyOAuthAudience, verifyTimes, type TokenTimes } from './verify-claims.ts'

/** Claims that only ID tokens, logout tokens and security events carry: never an access token. */
const foreignClaims = ['at_hash', 'c_hash', 'events'] as const
/** Claims that belong to an unsigned S2S token; an OAuth issuer that sends them is refused rather than half understood. */
const s2sClaims = ['actortoken'] as const

/** What the claims of an OAuth access token say; trusted only once the signature holds. */
export interface OAuthClaims extends TokenTimes {
  /** To what it is bound; proved by nobody yet. */
  readonly confirmation: Confirmation | undefined
}

/**
 * Checks the claims of an OAuth access token that need no key: audience, times, the kind of token, whether it is bound (`cnf`)
 * as its issuer's tokens may or must be, its tenant and, in strict mode, RFC 9068's required claims.
 *
 * Does not check the signature (see `VerifiedSignature`), possession (see `createPossessionProver`) nor scopes (see `decide`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE`, `ERR_S2S_TOKEN_BOUND`, `ERR_S2S_TOKEN_NOT_BOUND`, `ERR_S2S_CLAIM_INVALID`,
 * `ERR_S2S_REALM_MISMATCH` and those of `verifyTimes`, `verifyOAuthAudience`
 * @see RFC 9068 section 4, RFC 8725 section 3.11
 */
export function verifyOAuthClaims(claims: JsonObject, issuer: OAuthTrustedIssuer, now: number): OAuthClaims {
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
  const confirmation = readConfirmation(claims)
  verifyConstraint(confirmation, issuer)
  textClaim(claims, 'sub')
  verifyTenant(claims, issuer)
  verifyDialect(claims, issuer)
  if (issuer.strict) verifyRequiredClaims(claims, times)
  return { ...times, confirmation }
}

/**
 * Checks that a token is bound in ways that can be proved here, and in those that its issuer's tokens must be. Also for tokens
 * that are no JWT: what an introspection endpoint says of `cnf` counts alike (RFC 8705 section 3.2, RFC 9449 section 6.2).
 *
 * Proves nothing (see `createPossessionProver`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_BOUND`, `ERR_S2S_TOKEN_NOT_BOUND`
 */
export function verifyConstraint(
  confirmation: Confirmation | undefined,
  { dpop, mtls }: Pick<OAuthTrustedIssuer, 'dpop' | 'mtls'>,
): void {
  verifyMethod(confirmation?.jkt, dpop, 'to a DPoP key ("jkt")')
  verifyMethod(confirmation?.['x5t#S256'], mtls, 'to a client certificate ("x5t#S256")')
}

function verifyMethod(bound: string | undefined, level: SenderConstraint, to: string): void {
  if (bound !== undefined && level === 'refused') {
    throw new TokenError('ERR_S2S_TOKEN_BOUND', `the token is bound ${to}, and no proof of it is accepted here`)
  }
  if (bound === undefined && level === 'required') {
    throw new TokenError('ERR_S2S_TOKEN_NOT_BOUND', `the token is not bound ${to}, as those of its issuer must be`)
  }
}

/**
 * Entra: `tid` must be the tenant that `iss` names. Whoever reads `tid` as the tenant of the caller must not be told
 * another one than the issuer we believed.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens "Validate the issuer"
 */
function verifyTenant(claims: JsonObject, { tenantId }: OAuthTrustedIssuer): void {
  if (tenantId === undefined || requiredTextClaim(claims, 'tid') === tenantId) return
  throw new TokenError('ERR_S2S_REALM_MISMATCH', '"tid" is not the tenant of the issuer')
}

/** Keycloak writes the kind of token into the claim `typ`, Cognito into `token_use`. */
function verifyDialect(claims: JsonObject, issuer: OAuthTrustedIssuer): void {
  if (issuer.callerKind === 'keycloak' && (textClaim(claims, 'typ') ?? 'Bearer') !== 'Bearer') {
    throw wrongKind('"typ" is not Bearer')
  }
  if (issuer.callerKind === 'cognito' && textClaim(claims, 'token_use') !== 'access') {
    throw wrongKind('"token_use" is not access')
  }
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
