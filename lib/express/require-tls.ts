import type { IncomingMessage } from 'node:http'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { RequestError, S2SError } from '../foundation/errors.ts'
import { createStandaloneContext, type GuardContext, type StandaloneGuardOptions } from './guard-context.ts'
import { markGuard } from './guard-marks.ts'
import { correlationIdOf } from './request-record.ts'
import { refusalError } from './refusal-error.ts'
import { isSecureTransport } from './secure-transport.ts'
import { tellFailure } from './tell-decision.ts'
import { toError } from './to-error.ts'
import { warnOfAnyProxy } from './warn-of-any-proxy.ts'

/**
 * Refuses a request that did not come over TLS. Never a redirect: the token has already been sent in clear, and is
 * audited as exposed; a server with `refuseExposedTokens` burns it when the answer is under way, so that the answer tells
 * nothing about it.
 *
 * @throws RequestError `ERR_S2S_TLS_REQUIRED`
 * @see RFC 6750 section 5.3; protocol section 10
 */
export function checkTransport(request: IncomingMessage, context: GuardContext): void {
  if (context.allowsPlainHttp) return
  warnOfAnyProxy(request, context.audit)
  if (isSecureTransport(request)) return
  const hasCredential = request.headers.authorization !== undefined
  const correlationId = correlationIdOf(request, context.correlationIdHeader)
  context.audit.emit(() => ({
    name: hasCredential ? 'token.exposed' : 'request.rejected',
    outcome: 'refused',
    code: 'ERR_S2S_TLS_REQUIRED',
    reason: hasCredential
      ? 'a credential was sent over plain http: treat it as leaked'
      : 'the request came over plain http (behind a proxy, set "trust proxy")',
    correlationId,
  }))
  if (hasCredential) context.burnTokens?.(request, correlationId)
  throw new RequestError('ERR_S2S_TLS_REQUIRED')
}

/** The TLS rule alone, for routes that need nothing else; knows no issuers, and burns no tokens. Answers through `next(error)`; see `createErrorResponder`. */
export function requireTls(options: StandaloneGuardOptions = {}): RequestHandler {
  const context = createStandaloneContext(options)
  function requireTlsMiddleware(request: Request, response: Response, next: NextFunction): void {
    try {
      checkTransport(request, context)
    } catch (error) {
      tellFailure({ request, context }, error)
      next(error instanceof S2SError ? refusalError(error, { request, context }) : toError(error))
      return
    }
    if (!context.allowsPlainHttp) context.applyHsts(request, response)
    next()
  }
  return markGuard(requireTlsMiddleware, { type: 'other' })
}
