import type { Clock } from '../foundation/clock.ts'
import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import {
  createHeaderReader,
  parseUnverifiedToken,
  type ReadHeader,
  type UnverifiedToken,
} from '../tokens/unverified-token.ts'
import type { OAuthTrustedIssuer, S2STrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { checkType, findIssuer } from './find-issuer.ts'
import { proveSignature } from './prove-signature.ts'
import { signedPart } from './signed-part.ts'
import type { VerifiedToken } from './verified-token.ts'
import {
  readUserClaims,
  verifyAcsUserClaims,
  verifyActorClaims,
  verifyAppOnlyPolicy,
  verifyDelegationPolicy,
  verifyOuterClaims,
} from './verify-actor-token.ts'
import { findAskedIssuer, verifyIntrospectedJwt, verifyOpaqueToken } from './verify-introspected-token.ts'
import { verifyOAuthClaims } from './verify-oauth-token.ts'

/** What the verifier needs. */
export interface TokenVerifierInput {
  readonly issuers: Pick<TrustedIssuers, 'find'> & Partial<Pick<TrustedIssuers, 'findOpaque'>>
  readonly clock: Clock
}

/**
 * Verifies one bearer token; gives a promise only when keys (or an issuer's name) must be fetched first.
 *
 * @throws TokenError, PermissionError `ERR_S2S_DELEGATION_NOT_ALLOWED`, `ERR_S2S_APP_ONLY_NOT_ALLOWED`, UnavailableError
 */
export type VerifyToken = (text: string) => VerifiedToken | Promise<VerifiedToken>

/**
 * Creates the verifier: the order of the steps, cheap ones first, so that garbage costs neither a signature nor a fetch.
 *
 * A signed token is judged by the protocol of its issuer's type; an unsigned one is legal in one place only: around a
 * signed actor token of an S2S issuer. A token that cannot be a JWT is what its issuer says of it, when it is asked. No claim
 * and no header chooses another mode. Does NOT check permissions (see `decide`), nor whether the token was replayed, nor
 * possession of what it is bound to (see `createPossessionProver`).
 *
 * @see RFC 7519 section 7.2, RFC 8725; protocol section 4.3
 */
export function createTokenVerifier(input: TokenVerifierInput): VerifyToken {
  const readHeader = createHeaderReader()
  return function verifyToken(text) {
    const asked = findAskedIssuer(text, input.issuers)
    if (asked !== undefined) return verifyOpaqueToken(text, asked, input.clock)
    const token = parseUnverifiedToken(text, readHeader)
    if (token.header.alg === 'none') return verifyOuterToken(token, { ...input, readHeader })
    return whenReady(findIssuer(token, input.issuers), (issuer) => {
      if (issuer.protocol === 'oauth') return verifyOAuthToken(text, token, { issuer, ...input })
      return Object.hasOwn(token.claims, 'actor') && issuer.acceptsUserTokens
        ? verifyAcsUserToken(token, issuer, input)
        : verifyAppToken(token, issuer, input)
    })
  }
}

type Verified = VerifiedToken | Promise<VerifiedToken>

function verifyOAuthToken(
  text: string,
  token: UnverifiedToken,
  { issuer, ...input }: TokenVerifierInput & { readonly issuer: OAuthTrustedIssuer },
): Verified {
  if (issuer.introspection === undefined) return verifyAccessToken(token, issuer, input)
  return verifyIntrospectedJwt(text, issuer, input.clock)
}

function verifyAccessToken(
  token: UnverifiedToken,
  issuer: OAuthTrustedIssuer,
  { clock }: TokenVerifierInput,
): Verified {
  const times = verifyOAuthClaims(token.claims, issuer, clock())
  return whenReady(proveSignature(token, issuer, clock), (proved) => ({ format: 'jwt', issuer, ...times, ...proved }))
}

function verifyAppToken(token: UnverifiedToken, issuer: S2STrustedIssuer, { clock }: TokenVerifierInput): Verified {
  const { application, issuedAt, startsAt, expiresAt } = verifyActorClaims(token.claims, issuer, clock())
  return whenReady(proveSignature(token, issuer, clock), (proved) => {
    verifyAppOnlyPolicy(application, issuer)
    return { format: 's2s-app', issuer, application, issuedAt, startsAt, expiresAt, ...proved }
  })
}

function verifyAcsUserToken(token: UnverifiedToken, issuer: S2STrustedIssuer, { clock }: TokenVerifierInput): Verified {
  const { application, issuedAt, startsAt, expiresAt } = verifyAcsUserClaims(token.claims, issuer, clock())
  const user = {
    nameid: requiredTextClaim(token.claims, 'nameid'),
    nii: requiredTextClaim(token.claims, 'identityprovider'),
  }
  return whenReady(proveSignature(token, issuer, clock), (proved) => {
    verifyDelegationPolicy(application, issuer, user)
    return { format: 'acs-user', issuer, application, user, issuedAt, startsAt, expiresAt, ...proved }
  })
}

function verifyOuterToken(
  outer: UnverifiedToken,
  input: TokenVerifierInput & { readonly readHeader: ReadHeader },
): Verified {
  const inner = signedPart(outer, input.readHeader)
  return whenReady(findIssuer(inner, input.issuers), (issuer) => {
    if (issuer.protocol !== 's2s') {
      throw new TokenError(
        'ERR_S2S_TOKEN_TYPE',
        'only the actor token of an S2S issuer may be wrapped in an unsigned token',
      )
    }
    return verifyDelegatedToken(outer, inner, { issuer, clock: input.clock })
  })
}

function verifyDelegatedToken(
  outer: UnverifiedToken,
  inner: UnverifiedToken,
  { issuer, clock }: { readonly issuer: S2STrustedIssuer; readonly clock: Clock },
): Verified {
  checkType(outer, issuer)
  const now = clock()
  const checked = verifyActorClaims(inner.claims, issuer, now)
  const times = verifyOuterClaims(outer.claims, { claims: inner.claims, checked }, { issuer, now })
  const user = readUserClaims(outer.claims)
  const { application } = checked
  return whenReady(proveSignature(inner, issuer, clock), (proved) => {
    verifyDelegationPolicy(application, issuer, user)
    return { format: 's2s-user', issuer, application, user, ...times, ...proved }
  })
}
