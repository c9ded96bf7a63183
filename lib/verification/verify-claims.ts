import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { dateClaim, requiredTextClaim, type DateSpelling } from '../tokens/claims.ts'
import { normalizeAudience } from '../tokens/principal-name.ts'
import type { OAuthTrustedIssuer, S2STrustedIssuer, TrustedIssuer } from '../trust/trusted-issuer.ts'

/** When a token was issued and when it ends, in seconds since 1970. */
export interface TokenTimes {
  readonly issuedAt: number | undefined
  /** The latest of `nbf` and `iat`; 0 when there is neither. */
  readonly startsAt: number
  readonly expiresAt: number
}

/**
 * Checks `exp`, `nbf` and `iat`: `exp` must be there, the issuer's clock tolerance applies to all three, and the
 * lifetime (`exp` minus `nbf`, else `iat`, else now) must not exceed the issuer's maximum.
 *
 * Does not check the signature, audience or issuer.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_TOKEN_EXPIRED`, `ERR_S2S_TOKEN_NOT_YET_VALID`,
 * `ERR_S2S_TOKEN_LIFETIME`
 * @see RFC 7519 section 4.1
 */
export function verifyTimes(claims: JsonObject, issuer: TrustedIssuer, now: number): TokenTimes {
  const { exp, nbf, iat } = readDates(claims, issuer)
  const tolerance = issuer.clockToleranceSeconds
  if (now - tolerance >= exp) throw new TokenError('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')
  const startsAt = latestOf(nbf, iat)
  if (startsAt > now + tolerance) {
    throw new TokenError('ERR_S2S_TOKEN_NOT_YET_VALID', '"nbf" or "iat" lies ahead; compare the clocks')
  }
  if (exp - (nbf ?? iat ?? now) > issuer.maximumLifetimeSeconds) {
    throw new TokenError(
      'ERR_S2S_TOKEN_LIFETIME',
      `the token lives longer than ${issuer.maximumLifetimeSeconds} seconds (maximumLifetimeSeconds)`,
    )
  }
  return { issuedAt: iat ?? nbf, startsAt, expiresAt: exp }
}

function latestOf(nbf = 0, iat = 0): number {
  return Math.max(nbf, iat)
}

interface Dates {
  readonly exp: number
  readonly nbf: number | undefined
  readonly iat: number | undefined
}

/** The S2S protocol requires `nbf` and writes dates as texts. */
function readDates(claims: JsonObject, { protocol }: TrustedIssuer): Dates {
  const spelling: DateSpelling = protocol === 's2s' ? 'number-or-text' : 'number'
  const exp = dateClaim(claims, 'exp', spelling)
  const nbf = dateClaim(claims, 'nbf', spelling)
  if (exp === undefined) throw missing('exp')
  if (protocol === 's2s' && nbf === undefined) throw missing('nbf')
  return { exp, nbf, iat: dateClaim(claims, 'iat', spelling) }
}

/**
 * Checks the audience of an OAuth token: a text, or a list of texts, one of which is the expected audience to the letter. A token
 * without any `aud`, of an issuer with `clientIds`, is judged by its `client_id` instead; only an issuer that is asked and has
 * `acceptMissingAudience` need not name one.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_AUDIENCE_MISMATCH`
 * @see RFC 7519 section 4.1.3
 */
export function verifyOAuthAudience(claims: JsonObject, issuer: OAuthTrustedIssuer): void {
  const audience = Object.hasOwn(claims, 'aud') ? claims['aud'] : undefined
  if (isMissing(audience) && mayBeMissing(issuer)) return
  if (audience === undefined && issuer.clientIds !== undefined) {
    verifyClient(claims, issuer)
    return
  }
  if (!readAudiences(audience).some((item) => issuer.audience.has(item))) throw audienceMismatch(issuer)
}

function readAudiences(audience: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  if (list.length > 0 && list.every((item): item is string => typeof item === 'string' && item !== '')) return list
  throw new TokenError('ERR_S2S_CLAIM_INVALID', '"aud" is missing, or not a text or list of texts')
}

function mayBeMissing({ introspection }: OAuthTrustedIssuer): boolean {
  return introspection?.acceptsMissingAudience === true
}

/** Issuers that know of no audience leave it out, or write that they know none. */
function isMissing(audience: unknown): boolean {
  return audience === undefined || audience === null || (Array.isArray(audience) && audience.length === 0)
}

/** Cognito's access tokens have no `aud`: whom they are for its operator says by the clients that may come here. */
function verifyClient(claims: JsonObject, { clientIds }: OAuthTrustedIssuer): void {
  if (clientIds?.has(requiredTextClaim(claims, 'client_id')) === true) return
  throw new TokenError('ERR_S2S_AUDIENCE_MISMATCH', '"aud" is missing, and "client_id" is not listed in clientIds')
}

/**
 * Checks the audience of an S2S token: one text `id/host@realm`; id and realm to the letter, the host without letter
 * case. Gives the audience with the host in lower case.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_AUDIENCE_MISMATCH`
 * @see MS-XOAUTH 3.2.5.6
 */
export function verifyS2SAudience(claims: JsonObject, issuer: S2STrustedIssuer): string {
  const audience = normalizeAudience(requiredTextClaim(claims, 'aud'))
  if (audience === undefined || !issuer.audience.has(audience)) throw audienceMismatch(issuer)
  return audience
}

function audienceMismatch(issuer: TrustedIssuer): TokenError {
  const expected = [...issuer.audience].join(' or ')
  return new TokenError('ERR_S2S_AUDIENCE_MISMATCH', `"aud" is not ${expected}`)
}

function missing(name: string): TokenError {
  return new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is missing`)
}
