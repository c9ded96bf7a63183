import https from 'node:https'
import { createSecureContext } from 'node:tls'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile } from '../foundation/text-or-file.ts'
import type { MutualTlsAuthentication } from './client-authentication-options.ts'

/**
 * Creates an agent that shows a client certificate; the other side's certificate is always checked. `name` is how the
 * developer knows the option, such as `oauth.authentication`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: a file cannot be read, or certificate and private key do not fit
 * @see RFC 8705 section 2
 */
export function createClientCertificateAgent(options: MutualTlsAuthentication, name: string): https.Agent {
  const cert = readTextOrFile(options.certificate, `${name}.certificate`)
  const key = readTextOrFile(options.privateKey, `${name}.privateKey`)
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${name}: certificate and privateKey must be one key pair, both as PEM`,
      { cause },
    )
  }
  return new https.Agent({ cert, key, rejectUnauthorized: true })
}
