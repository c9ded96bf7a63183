import { ConfigurationError } from '../foundation/errors.ts'
import type { Certificate } from '../keys/certificate.ts'

/** The certificates that a metadata document may bring, named by thumbprint. */
export interface CertificatePins {
  has(certificate: Pick<Certificate, 'x5t' | 'x5tS256'>): boolean
}

/**
 * Reads pinned thumbprints: SHA-1 (20 bytes) or SHA-256 (32 bytes), as hex (with or without colons or spaces), base64
 * or base64url.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function parsePins(thumbprints: readonly string[], name: string): CertificatePins {
  const pinned = new Set(thumbprints.map((thumbprint) => parsePin(thumbprint, name)))
  return { has: (certificate) => pinned.has(certificate.x5t) || pinned.has(certificate.x5tS256) }
}

function parsePin(thumbprint: string, name: string): string {
  const hex = thumbprint.replaceAll(/[:\s]/g, '')
  const isHex = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(hex)
  const bytes = isHex ? Buffer.from(hex, 'hex') : Buffer.from(thumbprint, 'base64')
  const plain = thumbprint.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const isWhole = isHex || bytes.toString('base64url') === plain
  if (isWhole && (bytes.length === 20 || bytes.length === 32)) return bytes.toString('base64url')
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${name}: thumbprints must be SHA-1 or SHA-256 of the certificate, in hex, base64 or base64url`,
  )
}
