import {
  customFetch,
  DPoP,
  genericTokenEndpointRequest,
  modifyAssertion,
  type AuthorizationServer,
  type Client,
  type DPoPHandle,
} from 'oauth4webapi'
import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { createClientAuthentication } from '../oauth/client-authentication.ts'
import { readClientCredentials } from '../oauth/read-client-credentials.ts'
import { createCallAudit } from './call-audit.ts'
import { readClientKeys, type ClientKeys } from './client-keys.ts'
import { createIssuerDiscovery } from './discover-issuer.ts'
import { issuerUnavailable, toIssuerFailure } from './issuer-failure.ts'
import { createIssuerTransport } from './issuer-transport.ts'
import { oauthTokenShape, type OAuthTokenOptions } from './oauth-options.ts'
import type { OutgoingToken } from './outgoing-token-cache.ts'
import type { ProofKeySource } from './proof-key.ts'
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts'
import { describeGrant, keyOfToken } from './token-grant.ts'
import type { CallingServer, DescribedToken, TokenRequest, TokenSource } from './token-source.ts'

/**
 * Creates a source of tokens that an OAuth issuer makes: with the client credentials grant for this server itself, by token
 * exchange or Entra's on-behalf-of flow for a `subjectToken`. Nothing is asked before a token is needed. `keys` are those
 * of the client that sends the tokens, which must prove the same ones.
 *
 * Does not check that the target accepts the issuer, nor that a subject token is valid: the issuer judges it. A token that
 * is kept outlives its subject token if the issuer lets it.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; and when a token is needed: OutgoingError
 * `ERR_S2S_OUTGOING_REQUEST_INVALID`, `ERR_S2S_TOKEN_REQUEST_REFUSED`, `ERR_S2S_TOKEN_ISSUER_UNAVAILABLE`
 * @see RFC 6749 section 4.4, RFC 8693 section 2, RFC 8707
 */
export function createOAuthTokenSource(
  options: OAuthTokenOptions,
  server: CallingServer,
  keys?: ClientKeys,
): TokenSource {
  checkOptions(options)
  const own = { ...options }
  const requestToken = createTokenRequest(own, server, keys ?? readClientKeys(own))
  const boundTo = own.dpop === undefined ? (own.mtls === undefined ? undefined : 'mtls') : 'dpop'
  const audit = createCallAudit(server, 'token.obtained', boundTo)

  function describe(request: TokenRequest): DescribedToken {
    request.signal?.throwIfAborted()
    const { target, user, subjectToken } = request
    const key = keyOfToken(own, request)
    async function make(): Promise<OutgoingToken> {
      const obtained = await requestToken(subjectToken)
      audit.minted(obtained.token, { key, user, target })
      return obtained
    }
    return { key, make }
  }

  return {
    describe: async (request) => Promise.resolve(describe(request)),
    forget: () => {
      // The target is never asked who it is, and the issuer's metadata is read again when a token request fails.
    },
  }
}

/** What the schema cannot see. */
function checkOptions(options: OAuthTokenOptions): void {
  parseOptions(optionsObject(oauthTokenShape), options, 'oauth')
  if (options.delegation === 'entra-obo' && options.scope === undefined) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      'oauth.scope is missing; Entra needs it to act on behalf of a user, such as api://the-target/.default',
    )
  }
}

type RequestToken = (subjectToken: string | undefined) => Promise<OutgoingToken>

/** Asks the issuer for one token. The token's life counts from before it was asked for. */
function createTokenRequest(options: OAuthTokenOptions, server: CallingServer, keys: ClientKeys): RequestToken {
  const fetch = createIssuerTransport(options, keys.issuer)
  const credentials = readClientCredentials(options.authentication, 'oauth.authentication')
  const authenticate = createClientAuthentication(credentials, server)
  const discovery = createIssuerDiscovery(options, fetch, server.clock)
  const proofs = keys.proofKey === undefined ? undefined : createIssuerProofs(keys.proofKey, server.clock)
  const client: Client = { client_id: options.clientId }
  const binding = { isDpop: proofs !== undefined, x5tS256: keys.target?.x5tS256 }

  async function ask(issuer: AuthorizationServer, subjectToken: string | undefined): Promise<TokenAnswer | undefined> {
    const { type, parameters } = describeGrant(options, subjectToken)
    const requestOptions = { [customFetch]: fetch, ...(proofs === undefined ? {} : { DPoP: await proofs() }) }
    const response = await genericTokenEndpointRequest(issuer, client, authenticate, type, parameters, requestOptions)
    return readTokenAnswer(response, { issuer, client, ...binding })
  }

  return async function requestToken(subjectToken) {
    const startedAt = server.clock()
    const issuer = await discovery.current()
    try {
      // Once more when the issuer wanted its nonce in the proof, which it gave with the first answer.
      const answer = (await ask(issuer, subjectToken)) ?? (await ask(issuer, subjectToken))
      if (answer === undefined) throw issuerUnavailable(`${options.issuer} asks for a nonce again and again`)
      return { token: answer.token, expiresAt: startedAt + answer.lifetimeSeconds }
    } catch (thrown) {
      const error = toIssuerFailure(options.issuer, thrown)
      if (error.code === 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE') discovery.forget()
      throw error
    }
  }
}

/** Proofs for the token endpoint, by our own clock; they keep the nonces of the issuer. */
function createIssuerProofs(proofKey: ProofKeySource, clock: Clock): () => Promise<DPoPHandle> {
  let handle: DPoPHandle | undefined
  return async function issuerProofs() {
    const { algorithm, privateKey, publicKey } = await proofKey()
    handle ??= DPoP(
      {},
      { privateKey, publicKey },
      {
        [modifyAssertion]: (header, claims) => {
          header['alg'] = algorithm
          claims['iat'] = Math.floor(clock())
        },
      },
    )
    return handle
  }
}
