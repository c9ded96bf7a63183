import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import { startHttpServer, startHttpsServer } from './https-server.ts'
import { sendRaw, type RawAnswer, type RawRequest } from './send-raw.ts'

/** One request, and the middleware it meets. */
export interface OneRequest extends RawRequest {
  readonly middleware: readonly RequestHandler[]
  /** Stands in front of the error handler that keeps what it gets. */
  readonly errorHandler?: ErrorRequestHandler
  /** Serve plain http instead of https. Default `false`. */
  readonly plainHttp?: boolean
}

/** What became of it. */
export interface Outcome {
  readonly answer: RawAnswer
  /** The request, if it reached the handler behind the middleware. */
  readonly passed: Request | undefined
  /** What was given to `next` and nobody answered. */
  readonly error: unknown
}

/** Sends one request through middleware over a real connection. */
export async function sendThrough({ middleware, errorHandler, plainHttp, ...request }: OneRequest): Promise<Outcome> {
  let passed: Request | undefined
  let error: unknown
  const app = express()
  app.use(...middleware, (received, response) => {
    passed = received
    response.json('passed')
  })
  if (errorHandler !== undefined) app.use(errorHandler)
  app.use(((given, _request, response, _next) => {
    error = given
    if (response.headersSent) response.end()
    else response.status(500).json('error')
  }) satisfies ErrorRequestHandler)
  const server = await (plainHttp === true ? startHttpServer(app) : startHttpsServer(app))
  const answer = await sendRaw(server, request).finally(() => server.close())
  return { answer, passed, error }
}

/** An `Authorization` header with a bearer token. */
export const bearer = (token: string): readonly (readonly [string, string])[] => [['Authorization', `Bearer ${token}`]]
