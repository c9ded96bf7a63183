import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { TestServer } from './serve-over-https.ts'

/** A request without a body. */
export interface TestRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** What came back. */
export interface TestAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Keeps TLS connections: a handshake costs more than most requests. Idle ones do not keep the process alive. */
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends one request over https and reads the whole answer. */
export function sendRequest(
  { url, ca }: Pick<TestServer, 'url' | 'ca'>,
  { path, ...request }: TestRequest,
): Promise<TestAnswer> {
  const headers: OutgoingHttpHeaders = { ...request.headers }
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(`${url}${path}`, { method: request.method, headers, agent, ca }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
