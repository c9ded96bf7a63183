import type { Clock } from '../foundation/clock.ts'
import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import {
  createHeaderReader,
  parseUnverifiedToken,
  type ReadHeader,
  type UnverifiedToken,
} from '../tokens/unverified-token.ts'
import type { OAuthTrustedIssuer, S2STrustedIssuer, TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import { findKey } from './find-key.ts'
import type { VerifiedToken } from './verified-token.ts'
import {
  readUserClaims,
  verifyAcsUserClaims,
  verifyActorClaims,
  verifyAppOnlyPolicy,
  verifyDelegationPolicy,
  verifyOuterClaims,
} from './verify-actor-token.ts'
import { verifyOAuthClaims } from './verify-oauth-token.ts'
import { VerifiedSignature } from './verify-signature.ts'

/** What the verifier needs. */
export interface TokenVerifierInput {
  readonly issuers: Pick<TrustedIssuers, 'find'>
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
 * signed actor token of an S2S issuer. No claim and no header chooses another mode. Does NOT check permissions (see
 * `decide`), nor whether the token was replayed.
 *
 * @see RFC 7519 section 7.2, RFC 8725; protocol section 4.3
 */
export function createTokenVerifier(input: TokenVerifierInput): VerifyToken {
  const readHeader = createHeaderReader()
  return function verifyToken(text) {
    const token = parseUnverifiedToken(text, readHeader)
    if (token.header.alg === 'none') return verifyOuterToken(token, { ...input, readHeader })
    return whenReady(issuerOf(token, input), (issuer) => {
      if (issuer.protocol === 'oauth') return verifyAccessToken(token, issuer, input)
      return Object.hasOwn(token.claims, 'actor') && issuer.acceptsUserTokens
        ? verifyAcsUserToken(token, issuer, input)
        : verifyAppToken(token, issuer, input)
    })
  }
}

type Verified = VerifiedToken | Promise<VerifiedToken>

function verifyAccessToken(
  token: UnverifiedToken,
  issuer: OAuthTrustedIssuer,
  { clock }: TokenVerifierInput,
): Verified {
  const times = verifyOAuthClaims(token.claims, issuer, clock())
  return whenReady(prove(token, issuer, clock), (proved) => ({ format: 'jwt', issuer, ...times, ...proved }))
}

function verifyAppToken(token: UnverifiedToken, issuer: S2STrustedIssuer, { clock }: TokenVerifierInput): Verified {
  const { application, issuedAt, startsAt, expiresAt } = verifyActorClaims(token.claims, issuer, clock())
  return whenReady(prove(token, issuer, clock), (proved) => {
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
  return whenReady(prove(token, issuer, clock), (proved) => {
    verifyDelegationPolicy(application, issuer, user)
    return { format: 'acs-user', issuer, application, user, issuedAt, startsAt, expiresAt, ...proved }
  })
}

function verifyOuterToken(
  outer: UnverifiedToken,
  input: TokenVerifierInput & { readonly readHeader: ReadHeader },
): Verified {
  const inner = parseUnverifiedToken(actorTokenOf(outer), input.readHeader)
  return whenReady(issuerOf(inner, input), (issuer) => {
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
  return whenReady(prove(inner, issuer, clock), (proved) => {
    verifyDelegationPolicy(application, issuer, user)
    return { format: 's2s-user', issuer, application, user, ...times, ...proved }
  })
}

/** The issuer comes first: a key is only ever looked for inside the issuer that `iss` names. */
function issuerOf(token: UnverifiedToken, { issuers }: TokenVerifierInput): TrustedIssuer | Promise<TrustedIssuer> {
  if (!isKnownAlgorithm(token.header.alg)) {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the algorithm is not one of the known asymmetric ones')
  }
  return whenReady(issuers.find(requiredTextClaim(token.claims, 'iss')), (issuer) => {
    if (!issuer.algorithms.has(token.header.alg)) {
      throw new TokenError(
        'ERR_S2S_ALGORITHM_NOT_ALLOWED',
        `${issuer.name} may use ${[...issuer.algorithms].join(', ')} only`,
      )
    }
    checkType(token, issuer)
    return issuer
  })
}

type Proved = Pick<VerifiedToken, 'proof' | 'found'>

function prove(token: UnverifiedToken, issuer: TrustedIssuer, clock: Clock): Proved | Promise<Proved> {
  return whenReady(findKey(token.header, issuer), (found) => ({
    proof: VerifiedSignature.prove(token, { issuer, key: found.key, clock }),
    found,
  }))
}

/** An unsigned token is nothing by itself: no signature, and the signed actor token inside (CVE-2023-29357). */
function actorTokenOf(outer: UnverifiedToken): string {
  if (outer.signature.length > 0) {
    throw new TokenError('ERR_S2S_SIGNATURE_INVALID', 'a token with alg none has a signature')
  }
  if (!Object.hasOwn(outer.claims, 'actortoken')) {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'an unsigned token without an actor token')
  }
  const text = outer.claims['actortoken']
  if (typeof text !== 'string') throw new TokenError('ERR_S2S_TOKEN_MALFORMED', '"actortoken" is not a text')
  return text
}

function checkType(token: UnverifiedToken, issuer: TrustedIssuer): void {
  const type = token.header.typ
  const isMissing = type === undefined
  const isAccepted = isMissing
    ? issuer.protocol === 's2s' || !issuer.strict
    : issuer.acceptedTypes.has(type.toLowerCase())
  if (!isAccepted) {
    throw new TokenError('ERR_S2S_TOKEN_TYPE', `"typ" is not one of ${[...issuer.acceptedTypes].join(', ')}`)
  }
}

function isKnownAlgorithm(algorithm: string): boolean {
  return (knownAlgorithms as readonly string[]).includes(algorithm)
}

/**
 * The identifier of a signed token (the actor token when nested) in audit events: `jti` or `uti`, when it is a text of at
 * most 1,024 characters. Never throws for a token that was verified: one with an odd identifier must not slip through
 * without an event.
 */
export function tokenIdOf(text: string): string | undefined {
  const token = parseUnverifiedToken(text)
  const { claims } = token.header.alg === 'none' ? parseUnverifiedToken(actorTokenOf(token)) : token
  const identifiers = [claims['jti'], claims['uti']]
  return identifiers.find((id) => typeof id === 'string' && id !== '' && id.length <= 1024) as string | undefined
}
