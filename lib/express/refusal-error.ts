import type { IncomingMessage } from 'node:http'
import type { S2SError } from '../foundation/errors.ts'
import type { GuardContext } from './guard-context.ts'
import { refusalOf, type Refusal } from './refusal.ts'
import { recordOf } from './request-record.ts'

/** Gives an error the headers of its answer and keeps the answer for the error responder. */
export function refusalError(
  error: S2SError,
  { request, context }: { readonly request: IncomingMessage; readonly context: GuardContext },
): S2SError {
  const refusal = keepRefusal(request, refusalOf(error, context.challenges))
  error.headers = { ...refusal.headers }
  return error
}

/** Remembers how this request is answered, for the error responder behind Passport's `failWithError`. */
export function keepRefusal(request: IncomingMessage, refusal: Refusal): Refusal {
  recordOf(request).refusal = refusal
  return refusal
}
