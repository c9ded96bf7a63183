import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../foundation/clock.ts'
import { TokenError, UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { textClaim } from '../tokens/claims.ts'
import { checkOpaqueToken, isOpaqueToken } from '../tokens/opaque-token.ts'
import { maximumTokenLength, parseUnverifiedToken } from '../tokens/unverified-token.ts'
import type { OAuthTrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import type { VerifiedOpaqueToken } from './verified-token.ts'
import { VerifiedIntrospection } from './verified-introspection.ts'
import { verifyOAuthAudience, verifyTimes } from './verify-claims.ts'
import { verifyOAuthClaims } from './verify-oauth-token.ts'

type Verified = VerifiedOpaqueToken | Promise<VerifiedOpaqueToken>

/** `token_use` of access tokens; Hydra has another one for refresh tokens. */
const accessTokenUses: ReadonlySet<string> = new Set(['access_token', 'access'])
/** `typ` of access tokens; Keycloak has another one for refresh tokens. */
const accessTokenTypes: ReadonlySet<string> = new Set(['bearer', 'dpop', 'jwt', 'at+jwt'])

/**
 * The issuer that is asked about a text; `undefined` when it is judged as a JWT: it has two dots, is too long for any token,
 * or no issuer is asked about opaque tokens.
 *
 * @throws TokenError `ERR_S2S_ISSUER_UNTRUSTED`
 */
export function findAskedIssuer(
  text: string,
  { findOpaque }: Partial<Pick<TrustedIssuers, 'findOpaque'>>,
): OAuthTrustedIssuer | undefined {
  return text.length <= maximumTokenLength && isOpaqueToken(text) ? findOpaque?.(text) : undefined
}

/**
 * Verifies an opaque token by asking its issuer, and judges what the issuer says as strictly as the claims of a signed token.
 *
 * @throws TokenError, UnavailableError: see `VerifiedIntrospection`, `verifyOAuthClaims`
 * @see RFC 7662 section 2.2, section 4
 */
export function verifyOpaqueToken(text: string, issuer: OAuthTrustedIssuer, clock: Clock): Verified {
  checkOpaqueToken(text)
  return verifyByAsking(text, issuer, clock)
}

function verifyByAsking(text: string, issuer: OAuthTrustedIssuer, clock: Clock): Verified {
  return whenReady(VerifiedIntrospection.prove(text, issuer), (proof) => {
    verifyTokenKind(proof.claims, issuer)
    textClaim(proof.claims, 'username')
    const times = verifyOAuthClaims(withEnd(proof, issuer), issuer, clock())
    return { format: 'opaque', issuer, proof, ...times }
  })
}

/**
 * As `verifyOpaqueToken`, for a JWT whose `iss` is that issuer. What can be seen to be wrong of it is refused before
 * anybody is asked; nothing of its text is believed.
 *
 * @throws as `verifyOpaqueToken`; TokenError `ERR_S2S_TOKEN_TYPE` when the issuer is not asked about JWTs
 */
export function verifyIntrospectedJwt(text: string, issuer: OAuthTrustedIssuer, clock: Clock): Verified {
  checkAcceptsJwt(issuer)
  const { claims } = parseUnverifiedToken(text)
  verifyOAuthAudience(claims, issuer)
  verifyTimes(claims, issuer, clock())
  return whenReady(verifyByAsking(text, issuer, clock), (verified) => {
    checkSameToken(claims, verified.proof.claims, issuer)
    return verified
  })
}

/**
 * Checks that the issuer is asked about its JWTs.
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE`
 */
export function checkAcceptsJwt({ name, introspection }: OAuthTrustedIssuer): void {
  if (introspection?.accepts !== 'opaque') return
  throw new TokenError('ERR_S2S_TOKEN_TYPE', `${name} is asked about opaque tokens only (accepts)`)
}

/** Without `exp` the answer counts for as long as it serves, unless the issuer's tokens must end. */
function withEnd({ claims, usableUntil }: VerifiedIntrospection, issuer: OAuthTrustedIssuer): JsonObject {
  if (Object.hasOwn(claims, 'exp') || Number.isFinite(issuer.maximumLifetimeSeconds)) return claims
  return { ...claims, exp: Math.floor(usableUntil) }
}

/** What may stand where an issuer says of what kind a token is, in lower case. */
const accessTokenSays: readonly (readonly [name: string, values: ReadonlySet<string>, reason: string])[] = [
  ['token_type', new Set(['bearer', 'dpop']), '"token_type" is not Bearer'],
  ['token_use', accessTokenUses, '"token_use" is not access'],
  ['typ', accessTokenTypes, '"typ" is not Bearer'],
]

/** An issuer that is asked knows refresh tokens and ID tokens too, and may call them active. */
function verifyTokenKind(claims: JsonObject, { introspection }: OAuthTrustedIssuer): void {
  const tokenType = lowerCaseClaim(claims, 'token_type')
  if (tokenType === undefined) checkMissingType(introspection)
  for (const [name, values, reason] of accessTokenSays) {
    const value = lowerCaseClaim(claims, name)
    if (value !== undefined && !values.has(value)) throw wrongKind(reason)
  }
  if (tokenType === 'dpop' && !Object.hasOwn(claims, 'cnf')) {
    throw new TokenError('ERR_S2S_TOKEN_BOUND', 'the token is a DPoP token, and the issuer does not say of which key')
  }
}

function checkMissingType(introspection: OAuthTrustedIssuer['introspection']): void {
  if (introspection?.acceptsMissingTokenType === true) return
  throw wrongKind('"token_type" is missing, as for a refresh token; see acceptMissingTokenType')
}

function lowerCaseClaim(claims: JsonObject, name: string): string | undefined {
  return textClaim(claims, name)?.toLowerCase()
}

/** An answer about another token must not let this one in. What the token is bound to must not get lost either. */
function checkSameToken(token: JsonObject, answer: JsonObject, { name }: OAuthTrustedIssuer): void {
  const differs = (member: string): boolean => !isDeepStrictEqual(token[member], answer[member])
  const other = ['jti', 'sub', 'exp'].find(
    (member) => Object.hasOwn(token, member) && Object.hasOwn(answer, member) && differs(member),
  )
  const wrong = other ?? (Object.hasOwn(token, 'cnf') && differs('cnf') ? 'cnf' : undefined)
  if (wrong === undefined) return
  throw new UnavailableError(
    'ERR_S2S_INTROSPECTION_UNAVAILABLE',
    `${name} was asked about a token and answered with another "${wrong}"`,
  )
}

function wrongKind(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_TYPE', reason)
}
