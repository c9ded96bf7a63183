import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveOverHttps, type ServeOverHttpsOptions } from '../../lib/testing/serve-over-https.ts'

/** A server on 127.0.0.1 and a free port. */
export interface LocalServer {
  /** `https://localhost:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** What clients give as `ca`. */
  readonly ca: string
  /** Method and target of every request so far, such as `GET /jwks`. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** Starts an https server for localhost with a certificate made in this run. */
export async function startHttpsServer(
  handler: RequestListener,
  options: ServeOverHttpsOptions = {},
): Promise<LocalServer> {
  const requests: string[] = []
  return { ...(await serveOverHttps(recording(requests, handler), options)), requests }
}

/** Starts a plain http server: for what must be refused, and for servers behind a proxy. */
export async function startHttpServer(handler: RequestListener): Promise<LocalServer> {
  const requests: string[] = []
  const server = createHttpServer(recording(requests, handler))
  const port = await listen(server)
  return { url: `http://localhost:${port}`, port, ca: '', requests, close: () => close(server) }
}

/** A document, or a function that gives the document of this moment. */
export type ServedDocument = object | string | (() => object | string)

/** Answers each path of `documents` with its JSON (a text goes out as it is) and everything else with 404. */
export function serveDocuments(documents: Readonly<Record<string, ServedDocument>>): RequestListener {
  const served = new Map(Object.entries(documents))
  return function serveDocument(request, response) {
    const document = served.get(request.url ?? '')
    if (document === undefined) {
      response.writeHead(404).end()
      return
    }
    const body: unknown = typeof document === 'function' ? (document as () => unknown)() : document
    response.setHeader('content-type', 'application/json')
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

function recording(requests: string[], handler: RequestListener): RequestListener {
  return function recordRequest(request, response) {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    handler(request, response)
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
