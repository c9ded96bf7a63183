import https from 'node:https'
import type { MutualTlsAuthentication } from './client-authentication-options.ts'
import { readClientCertificate } from './client-certificate.ts'

/**
 * Creates an agent that shows a client certificate; the other side's certificate is always checked. `name` is how the
 * developer knows the option, such as `oauth.authentication`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: a file cannot be read, or certificate and private key do not fit
 * @see RFC 8705 section 2
 */
export function createClientCertificateAgent(options: MutualTlsAuthentication, name: string): https.Agent {
  const { cert, key } = readClientCertificate(options, name)
  return new https.Agent({ cert, key, rejectUnauthorized: true })
}
