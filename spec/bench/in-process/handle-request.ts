import type { Express } from 'express'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Hands requests to an application without a network. */
export type HandleRequest = (token: string) => Promise<number>

/** As much of a TLS connection as applications look at. */
const connection = {
  encrypted: true,
  remoteAddress: '127.0.0.1',
  readable: true,
  writable: true,
  destroyed: false,
  on: () => connection,
  once: () => connection,
  removeListener: () => connection,
} as unknown as Socket

/**
 * Gives the status of the answer to `GET /reports/1`; nothing goes over a wire, so only the application costs. One
 * request at a time.
 */
export function createRequestHandler(app: Express): HandleRequest {
  let answered: ((status: number) => void) | undefined
  // On the application's own prototype: a new member of each response would cost more than some guards.
  app.response.end = function end(this: typeof app.response) {
    answered?.(this.statusCode)
    return this
  }
  return (token) =>
    new Promise((resolve) => {
      answered = resolve
      const request = createRequest(token)
      app(request, new ServerResponse(request))
    })
}

function createRequest(token: string): IncomingMessage {
  const request = new IncomingMessage(connection)
  request.method = 'GET'
  request.url = '/reports/1'
  request.httpVersion = '1.1'
  request.rawHeaders = ['Host', 'localhost', 'Accept', 'application/json', 'Authorization', `Bearer ${token}`]
  request.headers = { host: 'localhost', accept: 'application/json', authorization: `Bearer ${token}` }
  return request
}
