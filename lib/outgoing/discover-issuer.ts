import { customFetch, discoveryRequest, processDiscoveryResponse, type AuthorizationServer } from 'oauth4webapi'
import type { Clock } from '../foundation/clock.ts'
import { issuerUnavailable, toIssuerFailure } from './issuer-failure.ts'
import type { IssuerFetch } from './issuer-transport.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'

/** Knows the metadata of one OAuth issuer. */
export interface IssuerDiscovery {
  /**
   * The issuer's name and token endpoint, at most an hour old; concurrent callers share one request, and a failed one is not remembered.
   *
   * @throws OutgoingError `ERR_S2S_TOKEN_ISSUER_UNAVAILABLE`
   */
  current(this: void): Promise<AuthorizationServer>
  /** The metadata may be why a token request failed: asks again next time. */
  forget(this: void): void
}

const longestAgeSeconds = 3600

/**
 * Creates the discovery of one issuer.
 *
 * Checks that the document names the configured issuer to the letter and that its token endpoints are https addresses of
 * the issuer's own origin or of one in `tokenEndpointOrigins`: OAuth allows any other origin, but then whoever changes the
 * document decides where our secret goes.
 *
 * @see RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4
 */
export function createIssuerDiscovery(options: OAuthTokenOptions, fetch: IssuerFetch, clock: Clock): IssuerDiscovery {
  let held: { readonly metadata: AuthorizationServer; readonly loadedAt: number } | undefined
  let flight: Promise<AuthorizationServer> | undefined

  async function load(): Promise<AuthorizationServer> {
    const loadedAt = clock()
    const metadata = toUsedMetadata(await readMetadata(options, fetch), options)
    held = { metadata, loadedAt }
    return metadata
  }

  /** A clock that was set back must not keep a document for as long as it was set back. */
  function isFresh(loadedAt: number): boolean {
    const age = clock() - loadedAt
    return age >= 0 && age < longestAgeSeconds
  }

  async function current(): Promise<AuthorizationServer> {
    if (held !== undefined && isFresh(held.loadedAt)) return held.metadata
    flight ??= load().finally(() => {
      flight = undefined
    })
    return flight
  }

  return {
    current,
    forget: () => {
      held = undefined
    },
  }
}

/** Asks where OpenID Connect has the document, then where RFC 8414 has it; the first document decides. */
async function readMetadata({ issuer }: OAuthTokenOptions, fetch: IssuerFetch): Promise<AuthorizationServer> {
  const url = new URL(issuer)
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const answer = await discoveryRequest(url, { algorithm, [customFetch]: fetch }).catch((cause: unknown) => {
      throw toIssuerFailure(issuer, cause)
    })
    if (answer.status !== 200) continue
    // The cause would quote the document.
    return processDiscoveryResponse(url, answer).catch(() => {
      throw issuerUnavailable(`the metadata of ${issuer} is not a JSON document of that issuer; compare the spelling`)
    })
  }
  throw issuerUnavailable(`no metadata of ${issuer} was found`)
}

/**
 * What is used of a document, checked; nothing else of it is passed on.
 *
 * `oauth4webapi` compares addresses, we compare letters: `iss` in tokens is compared by letters too.
 */
function toUsedMetadata(document: AuthorizationServer, options: OAuthTokenOptions): AuthorizationServer {
  const { issuer, tokenEndpointOrigins = [] } = options
  if (document.issuer !== issuer) {
    throw issuerUnavailable(`the metadata is not of ${issuer}; compare letter case and the slash at the end`)
  }
  const endpoint = tokenEndpointOf(document, options)
  if (!isPlainHttps(endpoint)) {
    throw issuerUnavailable(`the metadata of ${issuer} has no https "token_endpoint" (without user name or password)`)
  }
  const { origin } = new URL(endpoint)
  if (origin !== new URL(issuer).origin && !tokenEndpointOrigins.includes(origin)) {
    throw issuerUnavailable(
      `the token endpoint of ${issuer} is on another origin; if that is right, name it in oauth.tokenEndpointOrigins`,
      { side: 'ours' },
    )
  }
  return { issuer, token_endpoint: endpoint }
}

/** With a client certificate, an issuer may want to be asked elsewhere (RFC 8705 section 5). */
function tokenEndpointOf(document: AuthorizationServer, { authentication, mtls }: OAuthTokenOptions): unknown {
  const hasCertificate = authentication.type === 'mtls' || mtls !== undefined
  const aliases: unknown = hasCertificate ? document.mtls_endpoint_aliases : undefined
  const hasAlias = typeof aliases === 'object' && aliases !== null && 'token_endpoint' in aliases
  return hasAlias ? aliases.token_endpoint : document.token_endpoint
}

function isPlainHttps(value: unknown): value is string {
  return typeof value === 'string' && isHttpsAddress(value)
}
