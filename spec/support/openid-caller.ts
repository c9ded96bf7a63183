import * as openid from 'openid-client'
import { makeHttpsFetch, type HttpsFetchOptions, type Place, type SentRequest } from './https-fetch.ts'

/** A client of `openid-client` at a provider. */
export interface OpenIdCaller {
  readonly config: openid.Configuration
  /** Every request so far, those to the provider too. */
  readonly sent: readonly SentRequest[]
  /** A token for itself. */
  token(this: void, parameters: Readonly<Record<string, string>>, options?: openid.DPoPOptions): Promise<string>
  /** Calls the protected resource; the status, whatever it is. */
  call(this: void, token: string, url: string, options?: ResourceCall): Promise<number>
  /** The same request once more, to the letter; `place` is another server behind the same name. */
  replay(this: void, request: SentRequest, place?: Place): Promise<Response>
}

/** What a call has besides its token. */
export interface ResourceCall extends openid.DPoPOptions {
  readonly method?: string
  readonly body?: string
}

/** Who a client is. */
export interface OpenIdClient extends HttpsFetchOptions {
  readonly issuer: string
  readonly clientId: string
  readonly authentication: openid.ClientAuth
}

/** Makes a client, after it has read the provider's metadata. Uses nothing of this package. */
export async function makeOpenIdCaller({
  issuer,
  clientId,
  authentication,
  ...way
}: OpenIdClient): Promise<OpenIdCaller> {
  const { fetch, sent } = makeHttpsFetch(way)
  const config = await openid.discovery(new URL(issuer), clientId, undefined, authentication, {
    [openid.customFetch]: (url, init) => fetch(url, init),
  })
  return {
    config,
    sent,
    token: async (parameters, options) => {
      const { access_token } = await openid.clientCredentialsGrant(config, { ...parameters }, options)
      return access_token
    },
    call: async (token, url, { method = 'GET', body, ...options } = {}) => {
      const headers = new Headers()
      const answer = await openid
        .fetchProtectedResource(config, token, new URL(url), method, body, headers, options)
        .catch(refusalOf)
      return answer.status
    },
    replay: ({ url, method, headers }, place) => {
      const other = place === undefined ? { fetch } : makeHttpsFetch({ ...way, route: () => place })
      return other.fetch(url, { method, headers })
    },
  }
}

/** `openid-client` throws where an answer has a challenge. */
function refusalOf(error: unknown): Response {
  if (error instanceof openid.WWWAuthenticateChallengeError) return error.response
  throw error
}
