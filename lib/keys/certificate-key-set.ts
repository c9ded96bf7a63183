import { TokenError } from '../foundation/errors.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import { normalizeThumbprint, type Certificate } from './certificate.ts'
import type { KeySet } from './key-set.ts'
import type { VerificationKey } from './verification-key.ts'

/**
 * The keys of ONE issuer's certificates, chosen by the thumbprint that was computed from each certificate, never by `kid`.
 * A token must carry `x5t` (or `x5t#S256`); when it carries both they must name one certificate.
 *
 * Does not check that the key fits the algorithm, nor certificate dates: they travel with the key (`usableFrom`, `usableUntil`) to where the clock is.
 */
export function createCertificateKeySet(certificates: readonly Certificate[]): KeySet {
  const bySha1 = new Map<string, VerificationKey>()
  const bySha256 = new Map<string, VerificationKey>()
  for (const certificate of certificates) {
    const key = toVerificationKey(certificate)
    bySha1.set(certificate.x5t, key)
    bySha256.set(certificate.x5tS256, key)
  }

  return {
    keys: [...bySha256.values()],
    findKey(header: JoseHeader): VerificationKey {
      const { x5t, 'x5t#S256': x5tS256 } = header
      const named: (VerificationKey | undefined)[] = []
      if (x5t !== undefined) named.push(bySha1.get(normalizeThumbprint(x5t) ?? ''))
      if (x5tS256 !== undefined) named.push(bySha256.get(x5tS256))
      const [key] = named
      if (key !== undefined && named.every((other) => other === key)) return key
      throw new TokenError('ERR_S2S_KEY_UNKNOWN', 'no certificate of the issuer has this thumbprint (x5t)')
    },
  }
}

/** The key of a certificate; its dates travel with it. */
export function toVerificationKey(certificate: Certificate): VerificationKey {
  return {
    id: certificate.x5t,
    key: certificate.key,
    algorithms: new Set(certificate.algorithms),
    usableFrom: certificate.notBefore,
    usableUntil: certificate.notAfter,
  }
}
