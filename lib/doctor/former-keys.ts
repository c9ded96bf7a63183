import type { JsonWebKey } from 'node:crypto'
import { parseCertificate } from '../keys/certificate.ts'
import { parseJwks } from '../keys/jwks-key-set.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import { VerifiedSignature } from '../verification/verify-signature.ts'

/**
 * A key that an issuer had once, as whoever watches the issuer wrote it down. It explains refusals; no token is accepted
 * because of it.
 */
export interface FormerKey {
  /** The name of the trusted issuer. */
  readonly issuer: string
  /** The certificate (PEM or base64 DER), or the public JWK with its `kid`. */
  readonly key: string | (JsonWebKey & { readonly kid?: string })
  /** When the issuer stopped publishing it, in seconds since 1970. */
  readonly withdrawnAt?: number
}

/** A former key that the header of a token names. */
export interface NamedFormerKey {
  readonly former: FormerKey
  /** Whether the token is really signed with it. */
  readonly isSigner: boolean
}

/** The former key of the issuer that the header of a token names: by thumbprint or `kid`. Unreadable ones are nobody's. */
export function findFormerKey(
  token: UnverifiedToken,
  issuer: TrustedIssuer,
  formerKeys: readonly FormerKey[],
): NamedFormerKey | undefined {
  for (const former of formerKeys) {
    const key = former.issuer === issuer.name ? readKey(former.key, token) : undefined
    if (key !== undefined) return { former, isSigner: isSignedWith(token, issuer, key) }
  }
  return undefined
}

/** The key without the dates of its certificate, when the header names it. */
function readKey(given: FormerKey['key'], { header }: UnverifiedToken): VerificationKey | undefined {
  try {
    if (typeof given !== 'string') {
      return given.kid !== undefined && given.kid === header.kid ? parseJwks({ keys: [given] }).keys[0] : undefined
    }
    const { x5t, x5tS256, key, algorithms } = parseCertificate(given)
    const isNamed = header.x5t === x5t || header['x5t#S256'] === x5tS256 || header.kid === x5t
    return isNamed ? { id: x5t, key, algorithms: new Set(algorithms) } : undefined
  } catch {
    // By design: whatever was written down wrongly explains nothing.
    return undefined
  }
}

function isSignedWith(token: UnverifiedToken, issuer: TrustedIssuer, key: VerificationKey): boolean {
  try {
    VerifiedSignature.prove(token, { issuer, key, clock: () => 0 })
    return true
  } catch {
    return false
  }
}
