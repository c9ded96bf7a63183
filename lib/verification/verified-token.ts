import type { OAuthTrustedIssuer, S2STrustedIssuer } from '../trust/trusted-issuer.ts'
import type { Confirmation } from '../tokens/confirmation.ts'
import type { ApplicationName, UserClaims } from './verify-actor-token.ts'
import type { FoundKey } from './find-key.ts'
import type { TokenTimes } from './verify-claims.ts'
import type { VerifiedSignature } from './verify-signature.ts'

/** A signed S2S token alone: an application acting as itself. */
export interface VerifiedAppToken extends TokenTimes {
  readonly format: 's2s-app'
  readonly issuer: S2STrustedIssuer
  readonly confirmation?: undefined
  readonly application: ApplicationName
  readonly proof: VerifiedSignature
  /** With what it was proved: the proof holds no longer than the key. */
  readonly found: FoundKey
}

/** An unsigned outer token vouched for by its signed actor token, or an ACS user token: an application acting for a user. */
export interface VerifiedUserToken extends TokenTimes {
  readonly format: 's2s-user' | 'acs-user'
  readonly issuer: S2STrustedIssuer
  readonly confirmation?: undefined
  readonly application: ApplicationName
  readonly user: UserClaims
  /** The proof of the signed token (the actor token when nested). */
  readonly proof: VerifiedSignature
  /** With what it was proved: the proof holds no longer than the key. */
  readonly found: FoundKey
}

/** An OAuth 2.0 JWT access token. */
export interface VerifiedAccessToken extends TokenTimes {
  readonly format: 'jwt'
  readonly issuer: OAuthTrustedIssuer
  /** To what it is bound: possession must be proved with every request (see `createPossessionProver`). */
  readonly confirmation?: Confirmation | undefined
  readonly proof: VerifiedSignature
  /** With what it was proved: the proof holds no longer than the key. */
  readonly found: FoundKey
}

/** A token of which everything has been proved that a token can prove. Only `verification/` makes one. */
export type VerifiedToken = VerifiedAppToken | VerifiedUserToken | VerifiedAccessToken
