import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'
import { S2SError } from '../foundation/errors.ts'
import { refusalOf, writeRefusal, type Refusal } from './refusal.ts'
import { errorAnswers, errorCodes } from '../foundation/error-codes.ts'
import { recordOf } from './request-record.ts'
import { createChallenges, type Challenges } from './www-authenticate.ts'

/** Options of the error responder. */
export interface ErrorResponderOptions {
  /** Write RFC 9457 problem details instead of `{ error, error_description }`. Default `false`. */
  readonly problemDetails?: boolean
}

/**
 * Express error handler that answers refusals of passport-s2s as JSON, also those that Passport hands on with
 * `failWithError: true`. Every other error goes on to the next handler. Mount it after the routes.
 *
 * An error that no guard of ours has seen is answered in the realm of the server that authenticated the request, else in
 * the realm `s2s`; `s2s.errorResponder()` knows its own realm.
 */
export function createErrorResponder(options: ErrorResponderOptions = {}): ErrorRequestHandler {
  const { problemDetails = false } = options
  const answers = { problemDetails, challenges: createChallenges() }
  return createServerErrorResponder(() => answers)
}

/** `createErrorResponder` of one server. */
export function createServerErrorResponder(
  answersOf: (request: object) => { readonly problemDetails: boolean; readonly challenges: Challenges },
): ErrorRequestHandler {
  return function errorResponder(error: unknown, request: Request, response: Response, next: NextFunction): void {
    const { problemDetails, challenges } = answersOf(request)
    const refusal = refusalFor(error, request, challenges)
    if (refusal === undefined || response.headersSent) {
      next(error)
      return
    }
    writeRefusal(response, refusal, problemDetails)
  }
}

/** The developer's mistake is nothing a caller should read about. */
const notSetUp: Refusal = {
  status: errorAnswers.configuration.status,
  headers: { 'Cache-Control': 'no-store' },
  error: errorAnswers.configuration.error,
  description: 'The server is not set up correctly.',
}

function refusalFor(error: unknown, request: Request, challenges: Challenges): Refusal | undefined {
  const record = recordOf(request)
  if (error instanceof S2SError) {
    if (errorCodes[error.code].kind === 'configuration') return notSetUp
    const refusal = refusalOf(error, record.context?.challenges ?? challenges)
    return { ...refusal, headers: { ...refusal.headers, ...error.headers } }
  }
  const isPassportRefusal = error instanceof Error && error.name === 'AuthenticationError'
  return isPassportRefusal ? record.refusal : undefined
}
