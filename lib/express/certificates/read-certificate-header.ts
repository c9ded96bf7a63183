import type { CertificateEncoding } from '../../binding/client-certificate-options.ts'
import { readX509, thumbprint } from '../../keys/certificate.ts'
import { readXfcc } from './read-xfcc.ts'

/** Node takes 16 KiB of headers unless it is told otherwise. */
const maximumLength = 16_384

/**
 * The SHA-256 thumbprint (base64url) of the one certificate that a header holds; `undefined` when it holds anything else:
 * nothing, two certificates, another kind of PEM, DER with something after it.
 *
 * @see RFC 9440 section 2
 */
export function readCertificateHeader(text: string, encoding: CertificateEncoding): string | undefined {
  return text.length > maximumLength ? undefined : readers[encoding](text)
}

const readers: Readonly<Record<CertificateEncoding, (text: string) => string | undefined>> = {
  rfc9440: (text) => thumbprintOfBase64(/^:([^:]*):$/.exec(text)?.[1]),
  'escaped-pem': thumbprintOfPem,
  'base64-der': thumbprintOfBase64,
  xfcc: thumbprintOfXfcc,
}

/** Whitespace around is not part of a header's value, and there is none within base64 in these encodings. */
function thumbprintOfBase64(text: string | undefined): string | undefined {
  if (text === undefined || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return thumbprintOfDer(Buffer.from(text, 'base64'))
}

const onePem = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/

/** Characters of two bytes and more do not occur in PEM: each escape is one character. */
function thumbprintOfPem(text: string): string | undefined {
  const pem = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hexadecimal: string) =>
    String.fromCharCode(Number.parseInt(hexadecimal, 16)),
  )
  return thumbprintOfBase64(onePem.exec(pem)?.[1]?.replaceAll(/\s+/g, ''))
}

function thumbprintOfXfcc(text: string): string | undefined {
  const element = readXfcc(text)
  if (element === undefined) return undefined
  const x5tS256 = Buffer.from(element.hash, 'hex').toString('base64url')
  return element.cert === undefined || thumbprintOfPem(element.cert) === x5tS256 ? x5tS256 : undefined
}

function thumbprintOfDer(der: Buffer): string | undefined {
  try {
    return thumbprint(readX509(der).raw, 'sha256')
  } catch {
    // A header that holds no certificate proves none; nobody needs to know why it cannot be read.
    return undefined
  }
}
