import type { ServerResponse } from 'node:http'
import { errorAnswers, errorCodes, type ErrorCode } from '../foundation/error-codes.ts'
import { PermissionError, type S2SError } from '../foundation/errors.ts'
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

/** The answer for an error: status, challenge, `Retry-After`. Answers that name no scope are made once for each code. */
export function refusalOf(error: S2SError, challenges: Challenges): Refusal {
  if (error instanceof PermissionError && error.required.length > 0) return createRefusal(error, challenges)
  let refusals = fixedRefusals.get(challenges)
  if (refusals === undefined) {
    refusals = new Map()
    fixedRefusals.set(challenges, refusals)
  }
  let refusal = refusals.get(error.code)
  if (refusal === undefined) {
    refusal = createRefusal(error, challenges)
    refusals.set(error.code, refusal)
  }
  return refusal
}

const fixedRefusals = new WeakMap<Challenges, Map<ErrorCode, Refusal>>()

function createRefusal(error: S2SError, challenges: Challenges): Refusal {
  const { kind, description } = errorCodes[error.code]
  const answer = errorAnswers[kind]
  const hasChallenge = answer.challenge && error.code !== 'ERR_S2S_PATH_AMBIGUOUS'
  return Object.freeze({
    status: answer.status,
    headers: Object.freeze({
      'Cache-Control': 'no-store',
      ...(hasChallenge ? { 'WWW-Authenticate': challenges.forError(error) } : {}),
      ...(kind === 'unavailable' ? { 'Retry-After': '10' } : {}),
    }),
    error: answer.error,
    description,
    code: error.code,
  })
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
  const { text, length } = writtenBody(refusal, problemDetails)
  response.setHeader('Content-Length', length)
  response.end(text)
}

/** A text, and how many bytes it has: Node sends a text in one piece with its headers, and a Buffer in a second one. */
interface WrittenBody {
  readonly text: string
  readonly length: number
}

/** Refusals are made once for each code, and so are their bodies: refusing must not cost more than serving. */
const writtenBodies = { plain: new WeakMap<Refusal, WrittenBody>(), problem: new WeakMap<Refusal, WrittenBody>() }

function writtenBody(refusal: Refusal, problemDetails: boolean): WrittenBody {
  const bodies = problemDetails ? writtenBodies.problem : writtenBodies.plain
  let body = bodies.get(refusal)
  if (body === undefined) {
    const text = JSON.stringify(problemDetails ? problemOf(refusal) : bodyOf(refusal))
    body = { text, length: Buffer.byteLength(text) }
    bodies.set(refusal, body)
  }
  return body
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
