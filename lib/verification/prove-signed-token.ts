import type { Clock } from '../foundation/clock.ts'
import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { dateClaim } from '../tokens/claims.ts'
import { issuerNameOf } from '../tokens/issuer-name.ts'
import { checkOpaqueToken, isOpaqueToken } from '../tokens/opaque-token.ts'
import { createHeaderReader, parseUnverifiedToken } from '../tokens/unverified-token.ts'
import type { OAuthTrustedIssuer, TrustedIssuer } from '../trust/trusted-issuer.ts'
import { findIssuer } from './find-issuer.ts'
import { proveSignature } from './prove-signature.ts'
import { signedPart } from './signed-part.ts'
import { hashOfSignedText, tokenHashOf } from './token-ids.ts'
import type { TokenVerifierInput } from './token-verifier.ts'
import { verifyOAuthAudience, verifyS2SAudience } from './verify-claims.ts'
import { VerifiedIntrospection } from './verified-introspection.ts'
import { checkAcceptsJwt, findAskedIssuer } from './verify-introspected-token.ts'

/** A signed token that could let somebody in, in whatever it is wrapped. */
export interface ProvedToken {
  /** `iss` of the signed token, or what stands for it (see `issuerNameOf`), which is one of a trusted issuer. */
  readonly issuerName: string
  /** See `hashOfSignedText`. */
  readonly hash: string
  /** From when on it is refused for its age, in seconds since 1970. */
  readonly endsAt: number
}

/** Proves a token; a promise only when keys (or an issuer's name) must be fetched first. */
export type ProveSignedToken = (text: string) => ProvedToken | Promise<ProvedToken>

/**
 * Creates a judge of one question: did a trusted issuer sign the signed part of this token (the actor token when nested), for
 * this server, and has it not ended? Or, where an issuer is asked about its tokens: does it vouch for this one?
 * Fetches what a request with the token would fetch.
 *
 * Lets nobody in and is no step to it: the outer token, the other claims and our policies are not looked at, because another
 * outer token, a later time or another configuration may make them fit.
 *
 * @throws TokenError, UnavailableError
 */
export function createSignedTokenProver({ issuers, clock }: TokenVerifierInput): ProveSignedToken {
  const readHeader = createHeaderReader()
  return function proveSignedToken(text) {
    const asked = findAskedIssuer(text, issuers)
    if (asked !== undefined) return proveByAsking(text, asked, clock)
    const token = signedPart(parseUnverifiedToken(text, readHeader), readHeader)
    return whenReady(findIssuer(token, issuers), (issuer) => {
      if (issuer.protocol === 'oauth' && issuer.introspection !== undefined) return proveByAsking(text, issuer, clock)
      const endsAt = readEnd(token.claims, issuer, clock)
      if (issuer.protocol === 'oauth') verifyOAuthAudience(token.claims, issuer)
      else verifyS2SAudience(token.claims, issuer)
      return whenReady(proveSignature(token, issuer, clock), () => ({
        issuerName: issuerNameOf(token.claims),
        hash: hashOfSignedText(token.signingInput),
        endsAt,
      }))
    })
  }
}

/** Of a token whose issuer is asked; one that never ends is refused as long as a suspension lasts. */
function proveByAsking(text: string, issuer: OAuthTrustedIssuer, clock: Clock): ProvedToken | Promise<ProvedToken> {
  if (isOpaqueToken(text)) checkOpaqueToken(text)
  else checkAcceptsJwt(issuer)
  return whenReady(VerifiedIntrospection.prove(text, issuer), ({ claims }) => {
    verifyOAuthAudience(claims, issuer)
    const endsAt = Object.hasOwn(claims, 'exp') ? readEnd(claims, issuer, clock) : Infinity
    return { issuerName: issuerNameOf(claims), hash: tokenHashOf(text), endsAt }
  })
}

function readEnd(claims: JsonObject, issuer: TrustedIssuer, clock: Clock): number {
  const exp = dateClaim(claims, 'exp', issuer.protocol === 's2s' ? 'number-or-text' : 'number')
  if (exp === undefined) throw new TokenError('ERR_S2S_CLAIM_INVALID', '"exp" is missing')
  const endsAt = exp + issuer.clockToleranceSeconds
  if (clock() >= endsAt) throw new TokenError('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')
  return endsAt
}
