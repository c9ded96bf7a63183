import {
  customFetch,
  introspectionRequest,
  processIntrospectionResponse,
  ResponseBodyError,
  type AuthorizationServer,
  type Client,
  type CustomFetchOptions,
} from 'oauth4webapi'
import { S2SError, UnavailableError } from '../foundation/errors.ts'
import { fetchBytes, type FetchedBytes } from '../foundation/fetch-bytes.ts'
import type { FetchJsonOptions } from '../foundation/fetch-json.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { createClientAuthentication, type AssertionSigner } from './client-authentication.ts'
import type { ClientCredentials } from './read-client-credentials.ts'

/** Who asks whom, and how. */
export interface IntrospectionRequestParts {
  /** The issuer, as its assertions and answers name it. */
  readonly issuer: string
  readonly clientId: string
  readonly credentials: ClientCredentials
  readonly signer: AssertionSigner
  readonly fetchOptions: FetchJsonOptions
}

/** What an issuer said about one token. */
export interface IntrospectionAnswer {
  /** `active` in it is a boolean; nothing else is checked. */
  readonly document: JsonObject
  /** Why a token is not active, where more is known than that. */
  readonly note?: string
}

/** Asks about one token at an endpoint. */
export type AskAboutToken = (endpoint: string, token: string) => Promise<IntrospectionAnswer>

type FormOptions = CustomFetchOptions<'POST', URLSearchParams>

/**
 * Creates the one question of RFC 7662, asked as this server (`oauth4webapi` writes and authenticates it): over https only,
 * with a deadline and a bound of size, no redirect followed.
 *
 * Gives what the issuer said with status 200 and `application/json`, as one JSON object with unique names and a boolean
 * `active`; `unsupported_token_type` counts as not active. What the claims say is not judged here. Signed answers (RFC 9701)
 * are not asked for and not taken.
 *
 * Rejects with UnavailableError `ERR_S2S_INTROSPECTION_UNAVAILABLE`; without a cause, which could quote token or answer.
 *
 * @see RFC 7662 section 2
 */
export function createIntrospectionRequest(parts: IntrospectionRequestParts): AskAboutToken {
  const { issuer, clientId, credentials, signer, fetchOptions } = parts
  const authenticate = createClientAuthentication(credentials, signer)
  const client: Client = { client_id: clientId }

  return async function askAboutToken(endpoint, token) {
    const server: AuthorizationServer = { issuer, introspection_endpoint: endpoint }
    let answer: FetchedBytes | undefined
    async function send(url: string, { headers, body }: FormOptions): Promise<Response> {
      answer = await fetchBytes(url, { headers: headersOf(headers), body: body.toString(), readsStatus }, fetchOptions)
      return new Response()
    }
    try {
      const options = { [customFetch]: send, additionalParameters: { token_type_hint: 'access_token' } }
      await introspectionRequest(server, client, authenticate, token, options)
    } catch (error) {
      throw unavailable(
        issuer,
        error instanceof S2SError ? (error.reason ?? error.message) : 'no question could be made',
      )
    }
    return readAnswer(answer as FetchedBytes, server, client)
  }
}

const readsStatus = (): boolean => true

function headersOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...headers, 'accept-encoding': 'identity', 'user-agent': 'passport-s2s' }
}

async function readAnswer(
  { status, contentType, bytes }: FetchedBytes,
  server: AuthorizationServer,
  client: Client,
): Promise<IntrospectionAnswer> {
  const document = status === 200 ? readDocument(contentType, bytes, server.issuer) : undefined
  const word = await errorOf(plainAnswer(status, document, bytes), server, client)
  if (document !== undefined && word === undefined) return { document }
  if (status === 400 && word === 'unsupported_token_type') return { document: notActive, note: `${word} (${status})` }
  throw unavailable(server.issuer, describeRefusal(status, word))
}

const notActive: JsonObject = Object.freeze({ active: false })

function readDocument(contentType: string | undefined, bytes: Buffer, issuer: string): JsonObject {
  if (!/^application\/json *(?:;|$)/i.test(contentType ?? '')) {
    throw unavailable(issuer, 'the answer is not application/json')
  }
  try {
    return parseJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw unavailable(issuer, 'the answer is not one JSON object with unique names')
  }
}

/** Only what `oauth4webapi` judges: `active`, or the error of an answer that is none. */
function plainAnswer(status: number, document: JsonObject | undefined, bytes: Buffer): Response | undefined {
  if (status < 200 || status > 599 || [204, 205].includes(status)) return undefined
  const body = document === undefined ? bytes.toString('utf8') : JSON.stringify({ active: document['active'] })
  return new Response(body, { status, headers: { 'content-type': 'application/json' } })
}

/** `undefined`: an answer as it should be. Else the error in the words of OAuth, or `no answer`. */
async function errorOf(
  response: Response | undefined,
  server: AuthorizationServer,
  client: Client,
): Promise<string | undefined> {
  if (response === undefined) return noAnswer
  try {
    await processIntrospectionResponse(server, client, response)
    return undefined
  } catch (error) {
    return error instanceof ResponseBodyError && knownErrors.has(error.error) ? error.error : noAnswer
  }
}

const noAnswer = 'no answer'

/** Nothing else of an answer is repeated. */
const knownErrors: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'access_denied',
  'invalid_request',
  'unsupported_token_type',
  'temporarily_unavailable',
  'server_error',
  'slow_down',
])

function describeRefusal(status: number, word: string | undefined): string {
  if (status === 200) return 'the answer has no boolean "active"'
  if (status === 401 || status === 403 || word === 'invalid_client' || word === 'unauthorized_client') {
    return `this server may not ask (status ${status}); check clientId and authentication, and that the client may introspect`
  }
  return `it answered with status ${status}${word === undefined || word === noAnswer ? '' : ` and ${word}`}`
}

function unavailable(issuer: string, reason: string): UnavailableError {
  return new UnavailableError('ERR_S2S_INTROSPECTION_UNAVAILABLE', `${issuer} was asked about a token: ${reason}`)
}
