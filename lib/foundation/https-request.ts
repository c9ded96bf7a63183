import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { TLSSocket } from 'node:tls'

/** What came back before the body was read. */
export interface HttpAnswer {
  readonly status: number
  readonly redirected: boolean
  readonly contentEncoding: string | undefined
  /** One header by its name in lower case; `undefined` when it is not there. */
  readonly header: (name: string) => string | undefined
  /** When the server's certificate ends, in seconds since 1970; `undefined` where TLS is not ours. */
  readonly certificateEndsAt: () => number | undefined
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** What `httpsRequest` and `fetchRequest` need; `signal` ends everything. */
export interface RequestOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Makes the request a POST; without it, it is a GET. */
  readonly body?: string | undefined
}

/** Whose TLS is used. */
export interface TlsOptions {
  readonly agent?: https.Agent | undefined
  readonly ca?: string | readonly string[] | undefined
}

/**
 * Sends one request over node:https. The server's certificate is always checked: `NODE_TLS_REJECT_UNAUTHORIZED` and a
 * changed global agent do not matter. Redirects are not followed.
 *
 * Does NOT check the agent given (see `fetchBytes`), the status or the body.
 */
export function httpsRequest(url: URL, options: RequestOptions, { agent, ca }: TlsOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method: options.body === undefined ? 'GET' : 'POST',
      headers: { ...options.headers },
      signal: options.signal,
      agent: agent ?? false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    })
    request.on('error', reject)
    request.on('close', () => {
      reject(new Error('closed the connection without an answer'))
    })
    request.on('response', (response) => {
      response.on('error', reject)
      resolve({
        status: response.statusCode ?? 0,
        redirected: false,
        contentEncoding: response.headers['content-encoding'],
        header: (name) => response.headers[name]?.toString(),
        certificateEndsAt: () => endOfCertificate(response),
        body: response as AsyncIterable<Uint8Array>,
      })
    })
    request.end(options.body)
  })
}

/** Sends one request with the developer's own `fetch`, which owns TLS; it is told not to follow redirects. */
export async function fetchRequest(
  url: URL,
  { body, ...options }: RequestOptions,
  fetch: typeof globalThis.fetch,
): Promise<HttpAnswer> {
  const posted = body === undefined ? {} : { method: 'POST', body }
  const response = await fetch(url.href, { ...options, ...posted, redirect: 'error' })
  return {
    status: response.status,
    redirected: response.redirected,
    contentEncoding: response.headers.get('content-encoding') ?? undefined,
    header: (name) => response.headers.get(name) ?? undefined,
    certificateEndsAt: () => undefined,
    body: response.body ?? [],
  }
}

function endOfCertificate({ socket }: IncomingMessage): number | undefined {
  const end = socket instanceof TLSSocket ? Date.parse(socket.getPeerCertificate().valid_to) / 1000 : NaN
  return Number.isFinite(end) ? end : undefined
}
