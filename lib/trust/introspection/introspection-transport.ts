import https from 'node:https'
import { ConfigurationError } from '../../foundation/errors.ts'
import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import { createClientCertificateAgent } from '../../oauth/client-certificate-agent.ts'
import { fetchOptionsOf } from '../remote-keys.ts'
import type { TrustContext } from '../trusted-issuer.ts'
import type { IntrospectionIssuerOptions } from './introspection-options.ts'

/** More questions than that wait for a connection, within their deadline. */
const maximumSockets = 50

/**
 * How an issuer is asked: by its own options, else the server's; with `mtls` its client certificate is shown. Without an
 * `agent` or `fetch` of the developer there is an agent of its own, so that TLS sessions are resumed.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createIntrospectionTransport(
  options: IntrospectionIssuerOptions,
  context: Pick<TrustContext, 'fetchOptions'>,
): FetchJsonOptions {
  const given = fetchOptionsOf(options, context)
  const { authentication, issuer } = options
  if (authentication.type === 'mtls') {
    if (options.agent !== undefined || options.fetch !== undefined) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        `${issuer}: agent and fetch must be left out with mtls, which brings its own agent`,
      )
    }
    const agent = createClientCertificateAgent(authentication, `${issuer}: authentication`)
    agent.maxSockets = maximumSockets
    const own = Object.entries({ ...given, agent }).filter(([name]) => name !== 'fetch')
    return Object.fromEntries(own)
  }
  if (given.agent !== undefined || given.fetch !== undefined) return given
  return { ...given, agent: new https.Agent({ maxSockets: maximumSockets }) }
}
