import { request as httpsRequest } from 'node:https'

/** How the requests of a client go out. */
export interface HttpsFetchOptions {
  /** Certificates (PEM) that are trusted. */
  readonly ca: string
  /** A TLS client certificate. */
  readonly certificate?: { readonly certificatePem: string; readonly privateKeyPem: string }
  /** Where a public origin is on this machine, as a load balancer knows it. */
  readonly route?: (origin: string) => Place | undefined
}

/** A server on this machine. */
export interface Place {
  /** `https://localhost:port`. */
  readonly url: string
  readonly ca: string
}

/** What a client of `fetch` sends; `openid-client` and the like say no more. */
export interface FetchInit {
  readonly method?: string
  readonly headers?: ConstructorParameters<typeof Headers>[0]
  readonly body?: unknown
}

/** A request as it went out, and what came back. */
export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  /** 0 when no answer came. */
  readonly status: number
}

/** `fetch` over node:https: Node's own takes neither an authority nor a client certificate. */
export interface HttpsFetch {
  fetch(this: void, url: string, init?: FetchInit): Promise<Response>
  readonly sent: readonly SentRequest[]
}

/** Makes the `fetch` of one client. */
export function makeHttpsFetch(options: HttpsFetchOptions): HttpsFetch {
  const sent: SentRequest[] = []
  return {
    sent,
    fetch: async (url, { method = 'GET', headers, body } = {}) => {
      const request = { method, headers: new Headers(headers) }
      const answer = send(new URL(url), { ...request, body: textOf(body) }, options)
      const status = answer.then(
        (response) => response.status,
        () => 0,
      )
      sent.push({ ...request, url, status: await status })
      return answer
    },
  }
}

/** `openid-client` sends forms, and the texts it is given. */
function textOf(body: unknown): string {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString()
  throw new TypeError('the body is neither a text nor a form')
}

interface Outgoing {
  readonly method: string
  readonly headers: Headers
  readonly body: string
}

function send(url: URL, { method, headers, body }: Outgoing, options: HttpsFetchOptions): Promise<Response> {
  const { certificate, route } = options
  const { url: address, ca } = route?.(url.origin) ?? { url: url.origin, ca: options.ca }
  const place = new URL(address)
  const identity = certificate && { cert: certificate.certificatePem, key: certificate.privateKeyPem }
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        ...{ host: place.hostname, port: place.port, servername: place.hostname, path: url.pathname + url.search },
        ...{ method, headers: { ...Object.fromEntries(headers), host: url.host }, ca, agent: false, ...identity },
      },
      (message) => {
        const chunks: Buffer[] = []
        message.on('data', (chunk: Buffer) => chunks.push(chunk))
        message.on('error', reject)
        message.on('end', () => {
          const lines = message.rawHeaders.flatMap((name, index, all) =>
            index % 2 === 0 ? [[name, all[index + 1] ?? ''] as [string, string]] : [],
          )
          const content = Buffer.concat(chunks)
          const { statusCode: status = 0 } = message
          resolve(new Response(content.length === 0 ? null : content, { status, headers: lines }))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
