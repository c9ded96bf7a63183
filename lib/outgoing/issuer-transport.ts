import type { CustomFetchOptions } from 'oauth4webapi'
import type { ClientCertificate } from '../oauth/client-certificate.ts'
import { refuseOtherCertificate } from './client-certificates.ts'
import { readNonce } from './dpop-nonce.ts'
import { exchange, type TransportOptions } from './https-exchange.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'

/** The `fetch` that `oauth4webapi` is given. */
export type IssuerFetch = (
  url: string,
  options: CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>,
) => Promise<Response>

/** Metadata and token answers are small: whatever is larger is none. */
const maximumBytes = 512 * 1024

/**
 * Creates the one way to an OAuth issuer: https only, its certificate always checked, no redirects followed, a deadline and
 * a bound of size for each answer, and the client certificate. A nonce that no proof could carry is taken out of an answer.
 *
 * Does not choose the address: see `createIssuerDiscovery`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: the agent has a certificate of its own
 */
export function createIssuerTransport(options: OAuthTokenOptions, clientCertificate?: ClientCertificate): IssuerFetch {
  const { agent, ca, timeoutMilliseconds = 10_000 } = options
  if (clientCertificate !== undefined) refuseOtherCertificate(agent, 'oauth.agent')
  const exchangeOptions: TransportOptions = {
    timeoutMilliseconds,
    maximumBytes,
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  }
  return async function fetchFromIssuer(url, { method, headers, body }) {
    const request = {
      method,
      headers: new Headers(headers),
      body: body === undefined ? undefined : Buffer.from(body.toString()),
      // Callers share one token request: none of them can end it. The deadline does.
      signal: undefined,
    }
    const answer = await exchange(new URL(url), request, exchangeOptions)
    if (readNonce(answer.headers) === undefined) answer.headers.delete('dpop-nonce')
    return answer
  }
}
