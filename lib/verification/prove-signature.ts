import type { Clock } from '../foundation/clock.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import { findKey } from './find-key.ts'
import type { VerifiedAccessToken } from './verified-token.ts'
import { VerifiedSignature } from './verify-signature.ts'

/** A proof, and with what it was made. */
export type Proved = Pick<VerifiedAccessToken, 'proof' | 'found'>

/**
 * Proves the signature of a token with a key of its issuer; a promise only when keys must be fetched first.
 *
 * @throws TokenError, UnavailableError (see `findKey`, `VerifiedSignature`)
 */
export function proveSignature(token: UnverifiedToken, issuer: TrustedIssuer, clock: Clock): Proved | Promise<Proved> {
  return whenReady(findKey(token.header, issuer), (found) => ({
    proof: VerifiedSignature.prove(token, { issuer, key: found.key, clock }),
    found,
  }))
}
