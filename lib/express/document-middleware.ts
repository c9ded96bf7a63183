import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { S2SError } from '../foundation/errors.ts'
import { markGuard } from './guard-marks.ts'
import type { GuardContext } from './guard-context.ts'
import type { PublishedDocument } from './published-documents.ts'
import { keepRefusal } from './refusal-error.ts'
import { refusalOf, writeRefusal } from './refusal.ts'
import { checkTransport } from './require-tls.ts'

/**
 * Serves documents that are for everybody: GET and HEAD only, https only, to be kept for five minutes. What is at no path
 * of ours goes on.
 *
 * @see RFC 9110 section 13.1.2
 */
export function createDocumentMiddleware(
  contextOf: (request: object) => GuardContext,
  findDocument: (path: string, request: object) => PublishedDocument | undefined,
): RequestHandler {
  function documentMiddleware(request: Request, response: Response, next: NextFunction): void {
    const document = findDocument(pathOf(request), request)
    if (document === undefined) {
      next()
      return
    }
    const context = contextOf(request)
    try {
      checkTransport(request, context)
      if (!context.allowsPlainHttp) context.applyHsts(request, response)
      sendDocument(request, response, document)
    } catch (error) {
      if (error instanceof S2SError) {
        writeRefusal(response, keepRefusal(request, refusalOf(error, context.challenges)), context.problemDetails)
      } else next(error)
    }
  }
  return markGuard(documentMiddleware, { type: 'other' })
}

function pathOf(request: Request): string {
  const end = request.url.indexOf('?')
  return end < 0 ? request.url : request.url.slice(0, end)
}

function sendDocument(request: Request, response: Response, { body, etag }: PublishedDocument): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', 'Cache-Control': 'no-store' }).end()
    return
  }
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', 'public, max-age=300')
  if (isUnchanged(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', body.length)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Weak comparison; our own tag has no comma in it. */
function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((item) => {
    const tag = item.trim()
    return tag === '*' || tag.replace(/^W\//, '') === etag
  })
}
