import type { Express } from 'express'
import { IncomingMessage, ServerResponse, type IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** A request as its lines. */
export interface RequestLines {
  /** `https`: over TLS; `http`: not; `proxy`: not, from the address of a trusted proxy. */
  readonly connection: 'https' | 'http' | 'proxy'
  readonly method: string
  readonly url: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
}

/** What came back. */
export interface ProcessAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/**
 * Reads `https GET /reports/1` and a header on each further line. `undefined` for what Node's own HTTP parser would not
 * let through to any application.
 */
export function readRequestLines(text: string): RequestLines | undefined {
  const [first = '', ...lines] = text.split('\n')
  const [, connection, method, url] =
    /^(https|http|proxy) ([A-Z]{3,12}) ([\x21-\x7e\x80-\xff]{1,4000})$/.exec(first) ?? []
  if (connection === undefined || method === undefined || url === undefined || text.length > 15_000) return undefined
  const rawHeaders: string[] = []
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    rawHeaders.push(name, value.replace(/[ \t]+$/, ''))
  }
  return { connection: connection as RequestLines['connection'], method, url, rawHeaders }
}

/** The address that the application takes for its proxy. */
export const trustedAddress = '127.0.0.2'

/** Hands requests to an application without a network, one at a time. */
export function createProcessHandler(app: Express): (lines: RequestLines) => Promise<ProcessAnswer> | ProcessAnswer {
  let finish: ((answer: ProcessAnswer) => void) | undefined
  return (lines) => {
    let answer: ProcessAnswer | undefined
    let later: ((answer: ProcessAnswer) => void) | undefined
    finish = (given) => {
      answer ??= given
      later?.(given)
    }
    const request = createRequest(lines)
    const response = new ServerResponse(request)
    // On the response itself: an app within a router gives it a prototype of its own.
    response.end = function end(this: ServerResponse, chunk?: unknown) {
      const body = typeof chunk === 'string' || Buffer.isBuffer(chunk) ? chunk.toString() : ''
      finish?.({ status: this.statusCode, headers: this.getHeaders(), body })
      return this
    }
    app(request as never, response as never, (error: unknown) => {
      // Express answers for itself when no layer did: of a target that it takes for no path it asks none.
      finish?.({ status: error === undefined ? 404 : 500, headers: {}, body: `by Express: ${String(error)}` })
    })
    return (
      answer ??
      new Promise((resolve) => {
        later = resolve
      })
    )
  }
}

function createRequest({ connection, method, url, rawHeaders }: RequestLines): IncomingMessage {
  const request = new IncomingMessage(socketOf(connection))
  request.method = method
  request.url = url
  request.httpVersion = '1.1'
  request.rawHeaders = [...rawHeaders]
  request.headers = joinHeaders(rawHeaders)
  return request
}

function socketOf(connection: RequestLines['connection']): Socket {
  const socket = {
    encrypted: connection === 'https',
    remoteAddress: connection === 'proxy' ? trustedAddress : '127.0.0.1',
    ...{ readable: true, writable: true, destroyed: false },
    on: () => socket,
    once: () => socket,
    removeListener: () => socket,
  }
  return socket as unknown as Socket
}

/** Of these Node keeps the first. */
const single = new Set([
  'authorization',
  'host',
  'content-type',
  'content-length',
  'user-agent',
  'referer',
  'from',
  'age',
])

function joinHeaders(rawHeaders: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    const earlier = headers[name]
    if (earlier === undefined) headers[name] = value
    else if (!single.has(name)) headers[name] = `${earlier}, ${value}`
  }
  return headers
}
