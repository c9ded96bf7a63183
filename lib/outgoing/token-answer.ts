import {
  isDPoPNonceError,
  processGenericTokenEndpointResponse,
  type AuthorizationServer,
  type Client,
  type TokenEndpointResponse,
} from 'oauth4webapi'
import type { OutgoingError } from '../foundation/errors.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { boundCertificate } from './bound-certificate.ts'
import { issuerUnavailable, tokenRequestFailure } from './issuer-failure.ts'

/** What is used of a token endpoint's answer. */
export interface TokenAnswer {
  readonly token: string
  readonly lifetimeSeconds: number
}

/** Of whom a token was asked, by whom, and to what it must be bound. */
export interface AskedToken {
  readonly issuer: AuthorizationServer
  readonly client: Client
  /** Whether it must be bound to the key of our proofs. */
  readonly isDpop?: boolean
  /** base64url of the SHA-256 of the certificate to which it must be bound. */
  readonly x5tS256?: string | undefined
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
 * Reads the answer of a token endpoint. Only the kind of token is taken that was asked for: a bound one is useless without
 * a proof, and in place of a bound one a Bearer token would be a downgrade that nobody notices. `undefined` when the issuer
 * wants its nonce in the proof of the request (RFC 9449 section 8).
 *
 * Whether a token is bound to a certificate is seen only in one that can be read; an opaque one is taken. `expires_in`
 * that is missing or no number counts as 300 seconds, and otherwise as 1 to 86400. Does not look further into the token,
 * and does not check that the issuer gave all the scopes that were asked for: the target decides.
 *
 * @throws OutgoingError `ERR_S2S_TOKEN_REQUEST_REFUSED`, `ERR_S2S_TOKEN_ISSUER_UNAVAILABLE`
 * @see RFC 6749 sections 5.1 and 5.2, RFC 8693 section 2.2
 */
export async function readTokenAnswer(response: Response, asked: AskedToken): Promise<TokenAnswer | undefined> {
  const { status } = response
  const text = await response.text()
  const document = status === 200 ? parse(text, asked.issuer.issuer) : undefined
  const answer = await judge(toPlainResponse(status, document ?? text), asked)
  if (answer === undefined) return undefined
  checkBinding(answer, asked)
  if (!isSendable(answer.access_token) || !accessTokenTypes.has(document?.['issued_token_type'])) {
    throw unusable(asked)
  }
  return { token: answer.access_token, lifetimeSeconds: lifetimeOf(document?.['expires_in']) }
}

async function judge(plain: Response, asked: AskedToken): Promise<TokenEndpointResponse | undefined> {
  const { issuer, client, isDpop } = asked
  const { status } = plain
  try {
    return await processGenericTokenEndpointResponse(issuer, client, plain)
  } catch (thrown) {
    if (isDpop === true && isDPoPNonceError(thrown)) return undefined
    throw status === 200 ? unusable(asked) : tokenRequestFailure(issuer.issuer, status, thrown)
  }
}

/** `oauth4webapi` lets both types through, whatever was asked for. */
function checkBinding({ access_token: token, token_type: type }: TokenEndpointResponse, asked: AskedToken): void {
  const { issuer, isDpop = false, x5tS256 } = asked
  if (isDpop && type === 'bearer') throw unbound(issuer, 'to the key of oauth.dpop')
  if ((type === 'dpop') !== isDpop) throw unusable(asked)
  if (x5tS256 === undefined) return
  const bound = boundCertificate(token)
  if (bound !== 'opaque' && bound.x5tS256 !== x5tS256) throw unbound(issuer, 'to the certificate of oauth.mtls')
}

/** ... and any text. */
function isSendable(token: string): boolean {
  return token.length <= longestToken && bearerToken.test(token)
}

function unusable({ issuer, isDpop }: AskedToken): OutgoingError {
  const type = isDpop === true ? 'DPoP' : 'Bearer'
  return issuerUnavailable(`the token endpoint of ${issuer.issuer} answered with no usable ${type} token`)
}

function unbound({ issuer }: AuthorizationServer, to: string): OutgoingError {
  const fix = 'configure this client there so that its tokens are bound, or leave that option out'
  return issuerUnavailable(`${issuer} gave a token that is not bound ${to}; ${fix}`)
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
