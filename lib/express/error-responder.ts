import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'
import { S2SError } from '../foundation/errors.ts'
import { writeRefusal, type Refusal } from './refusal.ts'
import { errorAnswers, errorCodes } from '../foundation/error-codes.ts'
import { recordOf } from './request-record.ts'

/** Options of the error responder. */
export interface ErrorResponderOptions {
  /** Write RFC 9457 problem details instead of `{ error, error_description }`. Default `false`. */
  readonly problemDetails?: boolean
}

/**
 * Express error handler that answers refusals of passport-s2s as JSON, also those that Passport hands on with
 * `failWithError: true`. Every other error goes on to the next handler. Mount it after the routes.
 */
export function createErrorResponder(options: ErrorResponderOptions = {}): ErrorRequestHandler {
  const problemDetails = options.problemDetails ?? false
  return function errorResponder(error: unknown, request: Request, response: Response, next: NextFunction): void {
    const refusal = refusalFor(error, request)
    if (refusal === undefined || response.headersSent) {
      next(error)
      return
    }
    writeRefusal(response, refusal, problemDetails)
  }
}

function refusalFor(error: unknown, request: Request): Refusal | undefined {
  if (error instanceof S2SError) {
    const { kind, description } = errorCodes[error.code]
    const { status, error: wireError } = errorAnswers[kind]
    const headers = { 'Cache-Control': 'no-store', ...error.headers }
    if (kind === 'configuration') {
      return { status, headers, error: wireError, description: 'The server is not set up correctly.' }
    }
    return { status, headers, error: wireError, description, code: error.code }
  }
  const isPassportRefusal = error instanceof Error && error.name === 'AuthenticationError'
  return isPassportRefusal ? recordOf(request).refusal : undefined
}
