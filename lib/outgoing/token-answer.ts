import {
  processGenericTokenEndpointResponse,
  type AuthorizationServer,
  type Client,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { issuerUnavailable, tokenRequestFailure } from './issuer-failure.ts'

/** What is used of a token endpoint's answer. */
export interface TokenAnswer {
  readonly token: string
  readonly lifetimeSeconds: number
}

const defaultLifetimeSeconds = 300
const longestLifetimeSeconds = 86_400
/** More does not fit into a header that servers accept. */
const longestToken = 16_384
/** RFC 6750 section 2.1; anything else would not stay one header value. */
const bearerToken = /^[A-Za-z0-9\-._~+/]+=*$/
/** RFC 8693 section 3: what is sent to a server as access token. */
const accessTokenTypes: ReadonlySet<unknown> = new Set([
  undefined,
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
])

/**
 * Reads the answer of a token endpoint. Only Bearer tokens are taken: one that is bound to a key (DPoP) is useless to us.
 *
 * `expires_in` that is missing or no number counts as 300 seconds, and otherwise as 1 to 86400. Does not look into the
 * token, and does not check that the issuer gave all the scopes that were asked for: the target decides.
 *
 * @throws OutgoingError `ERR_S2S_TOKEN_REQUEST_REFUSED`, `ERR_S2S_TOKEN_ISSUER_UNAVAILABLE`
 * @see RFC 6749 sections 5.1 and 5.2, RFC 8693 section 2.2
 */
export async function readTokenAnswer(
  response: Response,
  issuer: AuthorizationServer,
  client: Client,
): Promise<TokenAnswer> {
  const { status } = response
  const text = await response.text()
  const document = status === 200 ? parse(text, issuer.issuer) : undefined
  const plain = toPlainResponse(status, document ?? text)
  const answer = await processGenericTokenEndpointResponse(issuer, client, plain).catch((thrown: unknown) => {
    throw tokenRequestFailure(issuer.issuer, status, thrown)
  })
  if (!isBearerToken(answer) || !accessTokenTypes.has(document?.['issued_token_type'])) {
    throw tokenRequestFailure(issuer.issuer, status, undefined)
  }
  return { token: answer.access_token, lifetimeSeconds: lifetimeOf(document?.['expires_in']) }
}

/** `oauth4webapi` lets DPoP through, and any text. */
function isBearerToken({ access_token: token, token_type: type }: TokenEndpointResponse): boolean {
  return type === 'bearer' && token.length <= longestToken && bearerToken.test(token)
}

function parse(text: string, issuer: string): JsonObject {
  try {
    return parseJsonObject(text)
  } catch (cause) {
    throw issuerUnavailable(`the token endpoint of ${issuer} did not send one JSON object`, { cause })
  }
}

/**
 * The answer without what is not used. A challenge (401 with `WWW-Authenticate`) would hide the error in the body, and an
 * ID token that nobody asked for would be judged.
 */
function toPlainResponse(status: number, content: JsonObject | string): Response {
  const headers = { 'content-type': 'application/json' }
  if (typeof content === 'string') return new Response(content === '' ? null : content, { status, headers })
  const { access_token, token_type } = content
  return new Response(JSON.stringify({ access_token, token_type }), { status, headers })
}

/** Entra's older endpoint sends a text of digits. */
function lifetimeOf(value: unknown): number {
  const seconds = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return defaultLifetimeSeconds
  return Math.min(Math.max(Math.floor(seconds), 1), longestLifetimeSeconds)
}
