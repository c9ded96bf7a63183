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
  /** The DER in standard base64, as metadata documents carry it. */
  readonly derBase64: string
}

/**
 * Reads one certificate from PEM or from base64 DER, as metadata documents carry it, and checks the strength of its key.
 *
 * Does not check its dates (they travel with the key, see `toVerificationKey`) nor who signed it: a trusted certificate is
 * configured or comes from the issuer's own metadata.
 *
 * @throws Error that says what is wrong
 */
export function parseCertificate(text: string): Certificate {
  const certificate = readX509(readDer(text))
  const key = readPublicKey(certificate)
  const notBefore = Date.parse(certificate.validFrom) / 1000
  const notAfter = Date.parse(certificate.validTo) / 1000
  if (!Number.isFinite(notBefore) || !Number.isFinite(notAfter)) throw new Error('the certificate has unreadable dates')
  const algorithms = algorithmsOfKey(key)
  return {
    x5t: thumbprint(certificate.raw, 'sha1'),
    x5tS256: thumbprint(certificate.raw, 'sha256'),
    key,
    algorithms,
    notBefore,
    notAfter,
    subject: certificate.subject,
    derBase64: certificate.raw.toString('base64'),
  }
}

const pemBegin = '-----BEGIN CERTIFICATE-----'
const pemEnd = '-----END CERTIFICATE-----'

/** Exactly one certificate: with two nobody could tell which one is meant. */
function readDer(text: string): Buffer {
  if (text.includes('PRIVATE KEY')) throw new Error('a private key was given instead of a certificate')
  const [before = '', body, ...others] = text.split(pemBegin)
  if (others.length > 0) throw new Error('more than one certificate was given')
  const base64 = (body === undefined ? before : untilEnd(body)).replaceAll(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error('the certificate is neither PEM nor base64')
  return Buffer.from(base64, 'base64')
}

function untilEnd(body: string): string {
  const end = body.indexOf(pemEnd)
  if (end < 0) throw new Error('the end line of the certificate is missing')
  return body.slice(0, end)
}

/**
 * One certificate from its DER, which must be all there is: nothing before and nothing after. Neither dates nor key nor
 * signature are looked at.
 *
 * @throws Error that says what is wrong
 */
export function readX509(der: Buffer): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch (cause) {
    throw new Error('the certificate cannot be read', { cause })
  }
  if (!certificate.raw.equals(der)) throw new Error('the certificate is not DER, or something follows it')
  return certificate
}

function readPublicKey(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey
  } catch (cause) {
    throw new Error('the key of the certificate is of an unknown kind', { cause })
  }
}

/** The thumbprint of a DER, base64url. */
export function thumbprint(der: Uint8Array, hash: 'sha1' | 'sha256'): string {
  return createHash(hash).update(der).digest('base64url')
}

/**
 * A SHA-1 thumbprint in canonical base64url, from base64url or base64, with or without padding; `undefined` when it is
 * not exactly 20 bytes.
 */
export function normalizeThumbprint(text: string): string | undefined {
  if (text.length > 28) return undefined
  const plain = text.replace(/=$/, '').replaceAll('+', '-').replaceAll('/', '_')
  const bytes = Buffer.from(plain, 'base64url')
  return bytes.length === 20 && bytes.toString('base64url') === plain ? plain : undefined
}
