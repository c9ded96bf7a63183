import type https from 'node:https'
import type { CustomFetchOptions } from 'oauth4webapi'
import { ConfigurationError } from '../foundation/errors.ts'
import { createClientCertificateAgent } from '../oauth/client-certificate-agent.ts'
import type { MutualTlsAuthentication } from '../oauth/client-authentication-options.ts'
import { exchange, type ExchangeOptions } from './https-exchange.ts'
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
 * a bound of size for each answer, and the client certificate of `mtls`.
 *
 * Does not choose the address: see `discoverIssuer`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: certificate and private key do not fit, or there is an agent too
 */
export function createIssuerTransport(options: OAuthTokenOptions): IssuerFetch {
  const { authentication, agent, ca, timeoutMilliseconds = 10_000 } = options
  const ownAgent = authentication.type === 'mtls' ? createAgent(authentication, agent) : agent
  const exchangeOptions: ExchangeOptions = {
    timeoutMilliseconds,
    maximumBytes,
    ...(ownAgent === undefined ? {} : { agent: ownAgent }),
    ...(ca === undefined ? {} : { ca }),
  }
  return function fetchFromIssuer(url, { method, headers, body }) {
    const request = {
      method,
      headers: new Headers(headers),
      body: body === undefined ? undefined : Buffer.from(body.toString()),
      // Callers share one token request: none of them can end it. The deadline does.
      signal: undefined,
    }
    return exchange(new URL(url), request, exchangeOptions)
  }
}

function createAgent(options: MutualTlsAuthentication, agent: https.Agent | undefined): https.Agent {
  if (agent === undefined) return createClientCertificateAgent(options, 'oauth.authentication')
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', 'oauth.agent must be left out with mtls, which brings its own')
}
