import { refuseOtherCertificate } from './client-certificates.ts'
import { readClientKeys } from './client-keys.ts'
import type { S2SClientOptions } from './client-options.ts'
import type { TransportOptions } from './https-exchange.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'
import { createOAuthTokenSource } from './oauth-token-source.ts'
import { createS2STokenSource } from './s2s-token-source.ts'
import { createBearerSender, createProofSender, type TokenSender } from './token-sender.ts'
import type { CallingServer, TokenSource } from './token-source.ts'

/** Where the tokens of one client come from, and how they are sent. */
export interface TokenWays {
  readonly source: TokenSource
  readonly sender: TokenSender
}

/**
 * Chooses both by the options, which were checked. The agent of `options` sends the calls.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createTokenWays(options: S2SClientOptions, server: CallingServer): TokenWays {
  const { oauth } = options
  if (oauth !== undefined) return createOAuthWays(oauth, options, server)
  return { source: createS2STokenSource(options, server), sender: createBearerSender(options) }
}

/** What tokens are bound to is proved to the issuer and to the target. */
function createOAuthWays(oauth: OAuthTokenOptions, options: S2SClientOptions, server: CallingServer): TokenWays {
  const keys = readClientKeys(oauth)
  const { target: clientCertificate, proofKey } = keys
  if (clientCertificate !== undefined) refuseOtherCertificate(options.agent, 'agent')
  const transport: TransportOptions = { ...options, ...(clientCertificate === undefined ? {} : { clientCertificate }) }
  return {
    source: createOAuthTokenSource(oauth, server, keys),
    sender:
      proofKey === undefined ? createBearerSender(transport) : createProofSender(proofKey, server.clock, transport),
  }
}
