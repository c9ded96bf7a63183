import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'

/** A request with full control over method, target and headers. */
export interface RawRequest {
  /** Default `GET`. */
  readonly method?: string
  /** The request target as it goes on the wire. Default `/reports/1`. */
  readonly path?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  /** The client's own certificate, on TLS. Default: none. */
  readonly certificate?: { readonly certificatePem: string; readonly privateKeyPem: string }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Keeps TLS connections: a handshake costs more than most requests of a spec. */
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends a request to a local server as it is: no normalising of paths, headers may occur twice. */
export function sendRaw(
  server: { readonly url: string; readonly port: number; readonly ca: string },
  { method = 'GET', path = '/reports/1', headers = [], body, certificate }: RawRequest,
): Promise<RawAnswer> {
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host')
  const tls = {
    agent,
    ca: server.ca,
    servername: 'localhost',
    ...(certificate === undefined ? {} : { cert: certificate.certificatePem, key: certificate.privateKeyPem }),
  }
  const options: RequestOptions = {
    host: '127.0.0.1',
    port: server.port,
    method,
    path,
    headers: [...(hasHost ? [] : [['Host', `localhost:${server.port}`]]), ...headers].flat(),
    ...(server.url.startsWith('https:') ? tls : { agent: false }),
  }
  const send = server.url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
