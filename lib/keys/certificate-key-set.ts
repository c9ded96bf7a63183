import { TokenError } from '../foundation/errors.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import { normalizeThumbprint, type Certificate } from './certificate.ts'
import type { KeySet } from './key-set.ts'
import type { VerificationKey } from './verification-key.ts'

/**
 * The keys of ONE issuer's certificates, chosen by the thumbprint that was computed from each certificate, never by `kid`.
 * A token must carry `x5t` (or `x5t#S256`); when it carries both they must name one certificate.
 *
 * Does not check certificate dates: they travel with the key (`usableFrom`, `usableUntil`) to where the clock is.
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
    findKey(header: JoseHeader): VerificationKey {
      const sha1 = header.x5t === undefined ? undefined : bySha1.get(normalizeThumbprint(header.x5t) ?? '')
      const sha256 = header['x5t#S256'] === undefined ? undefined : bySha256.get(header['x5t#S256'])
      const key = sha1 ?? sha256
      const isWhole = (header.x5t === undefined || sha1 === key) && (header['x5t#S256'] === undefined || sha256 === key)
      if (key === undefined || !isWhole) {
        throw new TokenError('ERR_S2S_KEY_UNKNOWN', 'no certificate of the issuer has this thumbprint (x5t)')
      }
      return key
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
