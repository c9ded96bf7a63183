import type { ServerResponse } from 'node:http'
import { errorAnswers, errorCodes } from '../foundation/error-codes.ts'
import type { S2SError } from '../foundation/errors.ts'
import type { BearerCredential } from './bearer-credential.ts'
import type { Challenges } from './www-authenticate.ts'

/** One whole answer to a request that is not let through. Holds nothing of the token. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** RFC 6750 error; none when no credential was sent. */
  readonly error?: string
  readonly description: string
  readonly code?: string
}

/** The answer for an error: status, challenge, `Retry-After`. */
export function refusalOf(error: S2SError, challenges: Challenges): Refusal {
  const { kind, description } = errorCodes[error.code]
  const answer = errorAnswers[kind]
  const hasChallenge = answer.challenge && error.code !== 'ERR_S2S_PATH_AMBIGUOUS'
  return {
    status: answer.status,
    headers: {
      'Cache-Control': 'no-store',
      ...(hasChallenge ? { 'WWW-Authenticate': challenges.forError(error) } : {}),
      ...(kind === 'unavailable' ? { 'Retry-After': '10' } : {}),
    },
    error: answer.error,
    description,
    code: error.code,
  }
}

/** The answer when there is no bearer token: a bare challenge, or discovery for the empty credential. */
export function credentialRefusal(kind: Exclude<BearerCredential['kind'], 'token'>, challenges: Challenges): Refusal {
  return {
    status: 401,
    headers: {
      'Cache-Control': 'no-store',
      'WWW-Authenticate': kind === 'empty' ? challenges.discovery() : challenges.bare,
    },
    description: 'A bearer token is required.',
  }
}

/**
 * Writes the answer as JSON: `{ "error", "error_description" }`, or RFC 9457 problem details. Writes nothing on a response
 * that somebody (a time limit) has begun meanwhile.
 *
 * @see RFC 6750 section 3, RFC 9457
 */
export function writeRefusal(response: ServerResponse, refusal: Refusal, problemDetails: boolean): void {
  if (response.headersSent) return
  response.statusCode = refusal.status
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
  response.setHeader('Content-Type', problemDetails ? 'application/problem+json' : 'application/json; charset=utf-8')
  const body = JSON.stringify(problemDetails ? problemOf(refusal) : bodyOf(refusal))
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

function bodyOf({ error, description }: Refusal): object {
  return { ...(error === undefined ? {} : { error }), error_description: description }
}

function problemOf({ status, error, description, code }: Refusal): object {
  return {
    type: 'about:blank',
    title: error ?? 'unauthorized',
    status,
    detail: description,
    ...(code === undefined ? {} : { code }),
  }
}
