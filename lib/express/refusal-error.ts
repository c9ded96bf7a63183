import type { IncomingMessage } from 'node:http'
import type { S2SError } from '../foundation/errors.ts'
import type { GuardContext } from './guard-context.ts'
import type { BearerCredential } from './bearer-credential.ts'
import { credentialRefusal, refusalOf, type Refusal } from './refusal.ts'
import { correlationIdOf, recordOf } from './request-record.ts'

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

/** The 401 of a request that nobody was authenticated for; told to the audit log once. */
export function refuseMissingCaller(
  request: IncomingMessage,
  kind: Exclude<BearerCredential['kind'], 'token'>,
  context: GuardContext,
): Refusal {
  const hasCredential = kind === 'none' && request.headers.authorization !== undefined
  context.audit.emit(() => ({
    name: 'request.rejected',
    outcome: 'notice',
    reason: hasCredential ? 'this server authenticated no caller for the request' : 'no bearer token was sent',
    correlationId: correlationIdOf(request, context.correlationIdHeader),
  }))
  return keepRefusal(request, credentialRefusal(kind, context.challenges))
}
