import type { JsonWebKey } from 'node:crypto'
import { parseCertificate } from '../keys/certificate.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'

/**
 * A key that an issuer had once, as whoever watches the issuer wrote it down. It explains refusals and verifies nothing.
 */
export interface FormerKey {
  /** The name of the trusted issuer. */
  readonly issuer: string
  /** The certificate (PEM or base64 DER), or the JWK with its `kid`. */
  readonly key: string | (JsonWebKey & { readonly kid?: string })
  /** When the issuer stopped publishing it, in seconds since 1970. */
  readonly withdrawnAt?: number
}

/**
 * The former key of the issuer that the header of a token names: by thumbprint or `kid`. Does not check the signature.
 *
 * A key that cannot be read is nobody's.
 */
export function findFormerKey(
  token: UnverifiedToken,
  issuer: string,
  formerKeys: readonly FormerKey[],
): FormerKey | undefined {
  return formerKeys.find((former) => former.issuer === issuer && isNamed(former, token))
}

function isNamed({ key }: FormerKey, { header }: UnverifiedToken): boolean {
  if (typeof key !== 'string') return key.kid !== undefined && key.kid === header.kid
  try {
    const { x5t, x5tS256 } = parseCertificate(key)
    return header.x5t === x5t || header['x5t#S256'] === x5tS256 || header.kid === x5t
  } catch {
    return false
  }
}
