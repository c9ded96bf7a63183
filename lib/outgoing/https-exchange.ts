import https from 'node:https'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { OutgoingError } from '../foundation/errors.ts'
import { withDeadline } from './deadline.ts'

/** Whose TLS is used for calls to other servers, and how long one call may take. */
export interface ExchangeOptions {
  /** An agent of your own (proxy, client certificate). It must check certificates, and its own `ca` wins. */
  readonly agent?: https.Agent
  /** Certificates (PEM) to trust INSTEAD of the well-known authorities. Default: the well-known ones. */
  readonly ca?: string | readonly string[]
  /** For one exchange, to the last byte of the body. Default 30000. */
  readonly timeoutMilliseconds?: number
  /** Largest answer that is read, in bytes. Default 16777216 (16 MiB). */
  readonly maximumBytes?: number
}

/** `ExchangeOptions`, and what this server shows of itself in the handshake. */
export interface TransportOptions extends ExchangeOptions {
  /** PEM. Must not be given beside an agent that has a certificate of its own, which would win. Default: none. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string }
}

/** One request as it goes out. */
export interface ExchangeRequest {
  /** In upper case. */
  readonly method: string
  readonly headers: Headers
  readonly body: Buffer | undefined
  readonly signal: AbortSignal | undefined
}

/** A whole answer, before it is made a `Response`: header lines are still apart. */
export interface ExchangeAnswer {
  readonly status: number
  readonly statusText: string
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** How long one exchange may take unless something else is said. */
export const defaultTimeoutMilliseconds: number = 30_000

const noBodyStatuses: ReadonlySet<number> = new Set([204, 205, 304])
/** May be sent again when a kept connection turns out to be closed: nothing happens twice. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** What Node says when no authority that WE know signed the certificate. */
const unknownAuthority: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * Sends one request over https and gives the whole answer as a `Response` (its `url` is empty, and a compressed body stays
 * compressed). See `exchangeAnswer` for what is checked.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`, `ERR_S2S_TARGET_UNREACHABLE`, `ERR_S2S_TARGET_TIMEOUT`; the reason of
 * an aborted `signal`
 */
export async function exchange(url: URL, request: ExchangeRequest, options: TransportOptions): Promise<Response> {
  return toResponse(await exchangeAnswer(url, request, options), url.origin)
}

/**
 * Sends one request over https and gives the whole answer. The server's certificate is always checked, whatever the
 * environment says. Redirects are given back as they are, never followed. A GET, HEAD or OPTIONS whose kept connection was
 * closed in the meantime is sent again over another one.
 *
 * Does NOT check the agent given (see `createS2SClient`), the address or the status.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`, `ERR_S2S_TARGET_UNREACHABLE` (also for an answer that is too large or
 * ends early), `ERR_S2S_TARGET_TIMEOUT`; the reason of an aborted `signal`
 */
export async function exchangeAnswer(
  url: URL,
  request: ExchangeRequest,
  options: TransportOptions,
): Promise<ExchangeAnswer> {
  if (url.protocol !== 'https:') {
    throw new OutgoingError('ERR_S2S_TARGET_NOT_HTTPS', 'only https addresses are called', { side: 'ours' })
  }
  const milliseconds = options.timeoutMilliseconds ?? defaultTimeoutMilliseconds
  const deadline = { milliseconds, signals: [request.signal], late: () => lateError(url.origin) }
  return withDeadline(deadline, async (signal) => {
    try {
      const message = await send(url, { ...request, signal }, options)
      const body = await readBody(message, options.maximumBytes ?? 16 * 1024 * 1024)
      const { statusCode = 0, statusMessage = '', rawHeaders } = message
      return { status: statusCode, statusText: statusMessage, rawHeaders, body }
    } catch (cause) {
      throw unreachableTarget(cause, url.origin)
    }
  })
}

/** The error of a call that took too long. `origin` is the target's. */
export function lateError(origin: string): OutgoingError {
  return new OutgoingError('ERR_S2S_TARGET_TIMEOUT', `${origin} did not answer in time`, { side: 'target' })
}

function unreachableTarget(cause: unknown, origin: string): OutgoingError {
  const { code = 'no answer' } = cause as Partial<NodeJS.ErrnoException>
  if (cause instanceof OutgoingError) return cause
  const [reason, side] = unknownAuthority.has(code)
    ? ([`no known authority signed the certificate of ${origin} (${code}); set ca`, 'ours'] as const)
    : ([`${origin} cannot be reached (${code})`, 'target'] as const)
  return new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', reason, { side, cause })
}

function send(url: URL, request: ExchangeRequest, options: TransportOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { agent, ca, clientCertificate } = options
    let isAnswered = false
    const outgoing = https.request(url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      agent: agent ?? false,
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
      ...(clientCertificate === undefined ? {} : { cert: clientCertificate.cert, key: clientCertificate.key }),
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAnswered && isStale(outgoing, error)) resolve(send(url, request, options))
      else reject(error)
    })
    outgoing.on('response', (message) => {
      isAnswered = true
      resolve(message)
    })
    outgoing.end(request.body)
  })
}

/** Each attempt uses up one kept connection, and a new connection is never stale: this ends. */
function isStale({ reusedSocket, method }: ClientRequest, { code }: NodeJS.ErrnoException): boolean {
  return reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE') && safeMethods.has(method)
}

async function readBody(message: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maximumBytes) {
      const reason = `the answer is larger than ${maximumBytes} bytes; raise maximumBytes if it may be`
      throw new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', reason, { side: 'target' })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function toResponse({ status, statusText, rawHeaders, body }: ExchangeAnswer, origin: string): Response {
  const headers = new Headers()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  }
  const content = noBodyStatuses.has(status) ? null : new Uint8Array(body)
  try {
    return new Response(content, { status, statusText, headers })
  } catch (cause) {
    const reason = `${origin} answered with a status that HTTP does not have`
    throw new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', reason, { side: 'target', cause })
  }
}
