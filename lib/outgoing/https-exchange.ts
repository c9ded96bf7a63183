import https from 'node:https'
import type { IncomingMessage } from 'node:http'
import { OutgoingError } from '../foundation/errors.ts'

/** Whose TLS is used for calls to other servers, and how long one call may take. */
export interface ExchangeOptions {
  readonly agent?: https.Agent
  readonly ca?: string | readonly string[]
  /** For the whole call including the body. Default 30000. */
  readonly timeoutMilliseconds?: number
  /** Largest answer that is read. Default 16777216 (16 MiB). */
  readonly maximumBytes?: number
}

/** One request as it goes out. */
export interface ExchangeRequest {
  readonly method: string
  readonly headers: Headers
  readonly body: Buffer | undefined
  readonly signal: AbortSignal | undefined
}

const noBodyStatuses: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Sends one request over https and gives the whole answer. The server's certificate is always checked, whatever the
 * environment says. Redirects are given back as they are, never followed.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`, `ERR_S2S_TARGET_UNREACHABLE`, `ERR_S2S_TARGET_TIMEOUT`; the caller's own
 * abort reason
 */
export async function exchange(url: URL, request: ExchangeRequest, options: ExchangeOptions): Promise<Response> {
  if (url.protocol !== 'https:') {
    throw new OutgoingError('ERR_S2S_TARGET_NOT_HTTPS', `${url.origin} is not an https address`, { side: 'ours' })
  }
  const deadline = AbortSignal.timeout(options.timeoutMilliseconds ?? 30_000)
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline])
  try {
    const message = await send(url, { ...request, signal }, options)
    const body = await readBody(message, options.maximumBytes ?? 16 * 1024 * 1024)
    return toResponse(message, body)
  } catch (cause) {
    if (request.signal?.aborted === true) throw request.signal.reason
    throw toOutgoingError(cause, url.origin, deadline.aborted)
  }
}

function toOutgoingError(cause: unknown, origin: string, isLate: boolean): OutgoingError {
  if (cause instanceof OutgoingError) return cause
  const details = { side: 'target', cause } as const
  if (isLate) return new OutgoingError('ERR_S2S_TARGET_TIMEOUT', `${origin} did not answer in time`, details)
  const why = (cause as Partial<NodeJS.ErrnoException>).code ?? 'no answer'
  return new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', `${origin} cannot be reached (${why})`, details)
}

function send(url: URL, request: ExchangeRequest, { agent, ca }: ExchangeOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = https.request(url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      agent: agent ?? false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    })
    outgoing.on('error', reject)
    outgoing.on('response', resolve)
    outgoing.end(request.body)
  })
}

async function readBody(message: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maximumBytes) {
      throw new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', `the answer is larger than ${maximumBytes} bytes`, {
        side: 'target',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toResponse(message: IncomingMessage, body: Buffer): Response {
  const status = message.statusCode ?? 0
  const headers = new Headers()
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '')
  }
  const content = noBodyStatuses.has(status) ? null : new Uint8Array(body)
  return new Response(content, { status, statusText: message.statusMessage ?? '', headers })
}
