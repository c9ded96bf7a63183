import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile } from '../foundation/text-or-file.ts'
import { thumbprint } from '../keys/certificate.ts'
import type { TlsClientCertificate } from './client-authentication-options.ts'

/** A TLS client certificate that was read. Never print one: it holds the private key. */
export interface ClientCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
  /** base64url of the SHA-1 of the certificate. */
  readonly x5t: string
  /** base64url of the SHA-256 of the certificate, as tokens that are bound to it name it. */
  readonly x5tS256: string
  /** Seconds since 1970. */
  readonly notAfter: number
}

/**
 * Reads a client certificate and its key. `name` is how the developer knows the option, such as `oauth.authentication`.
 *
 * Does not check its dates, nor that anybody accepts it.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: a file cannot be read, or certificate and private key do not fit
 */
export function readClientCertificate(options: TlsClientCertificate, name: string): ClientCertificate {
  const cert = readTextOrFile(options.certificate, `${name}.certificate`)
  const key = readTextOrFile(options.privateKey, `${name}.privateKey`)
  try {
    createSecureContext({ cert, key })
    const certificate = new X509Certificate(cert)
    const notAfter = Date.parse(certificate.validTo) / 1000
    const [x5t, x5tS256] = [thumbprint(certificate.raw, 'sha1'), thumbprint(certificate.raw, 'sha256')]
    return { cert, key, x5t, x5tS256, notAfter }
  } catch (cause) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${name}: certificate and privateKey must be one key pair, both as PEM`,
      { cause },
    )
  }
}
