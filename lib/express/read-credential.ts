import type { IncomingMessage } from 'node:http'
import { RequestError } from '../foundation/errors.ts'
import { readBearerCredential, type BearerCredential } from './bearer-credential.ts'
import type { GuardContext } from './guard-context.ts'
import { correlationIdOf } from './request-record.ts'
import { checkTransport } from './require-tls.ts'

/**
 * Reads the credential of a request, after TLS: a token that came over plain http is not even looked at.
 *
 * @throws RequestError `ERR_S2S_TLS_REQUIRED`, `ERR_S2S_HEADER_MALFORMED`, `ERR_S2S_TOKEN_IN_QUERY`,
 * `ERR_S2S_TOKEN_IN_BODY`
 */
export function readCredential(request: IncomingMessage, context: GuardContext): BearerCredential {
  checkTransport(request, context)
  try {
    return readBearerCredential(request, context.acceptsDpop)
  } catch (error) {
    context.audit.emit(() => ({
      name: 'request.rejected',
      outcome: 'refused',
      ...(error instanceof RequestError ? { code: error.code } : {}),
      correlationId: correlationIdOf(request, context.correlationIdHeader),
    }))
    throw error
  }
}
