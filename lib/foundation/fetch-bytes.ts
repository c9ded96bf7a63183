import { agentFault } from './agent-fault.ts'
import { ConfigurationError, S2SError, UnavailableError } from './errors.ts'
import type { FetchJsonOptions, ObserveAnswer } from './fetch-json.ts'
import { fetchRequest, httpsRequest, type HttpAnswer, type RequestOptions } from './https-request.ts'
import { readUrl } from './read-url.ts'

/** What is asked for. */
export interface BytesRequest {
  readonly headers: Readonly<Record<string, string>>
  /** Makes it a POST; without it, it is a GET. */
  readonly body?: string
  /** Statuses whose body is read. Default: 200 alone; a redirect is never one. */
  readonly readsStatus?: (status: number) => boolean
  readonly observe?: ObserveAnswer | undefined
}

/** A whole answer. */
export interface FetchedBytes {
  readonly status: number
  /** As it stands in the header; `undefined` when it is not there. */
  readonly contentType: string | undefined
  readonly bytes: Buffer
}

/**
 * One request over https: certificate checked, no redirects, no compression, a deadline for the whole exchange and a limit
 * of bytes.
 *
 * Does NOT check what is in the body. Which addresses may be asked is the caller's decision.
 *
 * @throws UnavailableError `ERR_S2S_KEYS_UNREACHABLE` (address, network, TLS, status, redirect, deadline, size),
 * `ERR_S2S_METADATA_INVALID` (encoded)
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (an agent that does not check certificates)
 */
export async function fetchBytes(url: string, request: BytesRequest, options: FetchJsonOptions): Promise<FetchedBytes> {
  const { agent, timeoutMilliseconds = 5000, maximumBytes = 512 * 1024 } = options
  const fault = agent === undefined ? undefined : agentFault(agent)
  if (fault !== undefined) throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `agent ${fault}`)
  const address = parseAddress(url)
  const { headers, body, observe, readsStatus = isGood } = request
  return withinDeadline(timeoutMilliseconds, async (signal) => {
    const answer = await send(address, { headers, body, signal }, options)
    observe?.(answer, url)
    checkAnswer(answer, readsStatus)
    const bytes = await readBody(answer, maximumBytes)
    return { status: answer.status, contentType: answer.header('content-type'), bytes }
  }).catch((error: unknown) => {
    throw unavailable(placeOf(url), error)
  })
}

/** An address without its query, short enough for a message. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`.slice(0, 256)
}

const isGood = (status: number): boolean => status === 200

function parseAddress(url: string): URL {
  const address = readUrl(url)
  if (address?.protocol !== 'https:' || address.username !== '' || address.password !== '') {
    throw new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'only https addresses without credentials are fetched')
  }
  return address
}

function send(address: URL, request: RequestOptions, { agent, ca, fetch }: FetchJsonOptions): Promise<HttpAnswer> {
  return fetch === undefined ? httpsRequest(address, request, { agent, ca }) : fetchRequest(address, request, fetch)
}

/** Runs `work` to its end or the deadline, whichever comes first, and then ends whatever is still open. */
async function withinDeadline<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`did not answer in full within ${milliseconds} ms`))
    }, milliseconds)
  })
  try {
    return await Promise.race([work(controller.signal), deadline])
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
}

function checkAnswer(
  { status, redirected, contentEncoding }: HttpAnswer,
  readsStatus: (status: number) => boolean,
): void {
  if (redirected || (status >= 300 && status < 400))
    throw new Error('answered with a redirect, which is never followed')
  if (!readsStatus(status)) throw new Error(`answered with status ${status}`)
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', 'the answer is compressed although that was not asked for')
  }
}

async function readBody({ body }: HttpAnswer, maximumBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let received = 0
  for await (const chunk of body) {
    received += chunk.byteLength
    if (!(received <= maximumBytes)) throw new Error(`sent more than ${maximumBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Node's errors carry a code (`DEPTH_ZERO_SELF_SIGNED_CERT`) that says more than their text; ours are sentences. */
function unavailable(place: string, error: unknown): S2SError {
  if (error instanceof S2SError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const reason = code === undefined ? message : `could not be reached (${code})`
  return new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', `${place} ${reason}`, { cause: error })
}
