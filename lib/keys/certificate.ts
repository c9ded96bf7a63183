import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { algorithmsOfKey } from './verification-key.ts'

/** What is used of an X.509 certificate. KeyUsage, EKU, chain and signature hash are never looked at. */
export interface Certificate {
  /** base64url of the SHA-1 of the DER: an identifier, not a security boundary (RFC 7515 section 4.1.7). */
  readonly x5t: string
  /** base64url of the SHA-256 of the DER. */
  readonly x5tS256: string
  readonly key: KeyObject
  readonly algorithms: readonly string[]
  /** Seconds since 1970. */
  readonly notBefore: number
  /** Seconds since 1970. */
  readonly notAfter: number
  readonly subject: string
}

/**
 * Reads a certificate from PEM or from base64 DER, as metadata documents carry it.
 *
 * Does not check its dates (see `createCertificateKeySet`) nor who signed it: a trusted certificate is configured or comes
 * from the issuer's own metadata.
 *
 * @throws Error that says what is wrong
 */
export function parseCertificate(text: string): Certificate {
  const certificate = readX509(text.trim())
  const key = certificate.publicKey
  const notBefore = Date.parse(certificate.validFrom) / 1000
  const notAfter = Date.parse(certificate.validTo) / 1000
  if (!Number.isFinite(notBefore) || !Number.isFinite(notAfter)) throw new Error('the certificate has unreadable dates')
  return {
    x5t: thumbprint(certificate.raw, 'sha1'),
    x5tS256: thumbprint(certificate.raw, 'sha256'),
    key,
    algorithms: algorithmsOfKey(key),
    notBefore,
    notAfter,
    subject: certificate.subject,
  }
}

function readX509(text: string): X509Certificate {
  if (text.includes('PRIVATE KEY')) throw new Error('a private key was given instead of a certificate')
  try {
    return new X509Certificate(text.startsWith('-----BEGIN') ? text : Buffer.from(text, 'base64'))
  } catch (cause) {
    throw new Error('the certificate cannot be read', { cause })
  }
}

function thumbprint(der: Buffer, hash: 'sha1' | 'sha256'): string {
  return createHash(hash).update(der).digest('base64url')
}

/**
 * A SHA-1 thumbprint in canonical base64url, from base64url or base64, with or without padding; `undefined` when it is
 * not exactly 20 bytes.
 */
export function normalizeThumbprint(text: string): string | undefined {
  const plain = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
  const bytes = Buffer.from(plain, 'base64url')
  return bytes.length === 20 && bytes.toString('base64url') === plain ? plain : undefined
}
