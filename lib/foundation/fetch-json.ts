import http from 'node:http'
import type https from 'node:https'
import { z } from 'zod'
import { ConfigurationError, S2SError, UnavailableError } from './errors.ts'
import { fetchGet, httpsGet, type HttpAnswer } from './https-get.ts'
import { parseJsonObject, type JsonObject } from './parse-json.ts'
import { optionsObject } from './parse-options.ts'
import { readUrl } from './read-url.ts'

/** How documents are fetched. */
export interface FetchJsonOptions {
  /** An agent of your own (proxy, client certificate). It must check certificates, and its own `ca` wins. Default: none. */
  readonly agent?: https.Agent
  /** Certificates (PEM) to trust INSTEAD of the well-known authorities. Default: the well-known ones. */
  readonly ca?: string | readonly string[]
  /** A fetch of your own; it then owns TLS, and `agent` and `ca` are not used. Default: node:https. */
  readonly fetch?: typeof globalThis.fetch
  /** Milliseconds from the first packet to the last byte of the body. Default 5000. */
  readonly timeoutMilliseconds?: number
  /** Longest accepted body, in bytes. Default 524288 (512 KiB). */
  readonly maximumBytes?: number
}

/**
 * Schema of certificates to trust, PEM.
 *
 * @internal
 */
export const authoritiesSchema: z.ZodType<string | string[]> = z.union([
  z.string().min(1),
  z.array(z.string().min(1)).min(1),
])

/**
 * Schema of `FetchJsonOptions`; other rooms take its `shape` into their own.
 *
 * @internal
 */
export const fetchOptionsSchema = optionsObject({
  agent: z
    .custom<https.Agent>((agent) => agentFault(agent) === undefined, {
      error: ({ input }) => agentFault(input) ?? null,
    })
    .optional(),
  ca: authoritiesSchema.optional(),
  fetch: z.custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'must be a function').optional(),
  timeoutMilliseconds: z.number().int().min(1).max(600_000).optional(),
  maximumBytes: z.number().int().min(1).optional(),
})

/** One fetch. */
export interface FetchJsonRequest extends FetchJsonOptions {
  /** The header `Authorization`; whoever gives it decides that this address may see it. Redirects are never followed. */
  readonly authorization?: string | undefined
}

/** Is shown what came back before it is judged, to explain a failure; must not throw, nor read the body. */
export type ObserveAnswer = (answer: HttpAnswer, url: string) => void

const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'passport-s2s' }

/**
 * Fetches one JSON object over https: one GET, certificate checked, no redirects, no compression, a deadline for the
 * whole exchange and a limit of bytes.
 *
 * Does NOT check what the document says (issuer, keys); that is the part of `metadata/` and `keys/`. Which addresses may
 * be asked is the caller's decision.
 *
 * @throws UnavailableError `ERR_S2S_KEYS_UNREACHABLE` (address, network, TLS, status, redirect, deadline, size),
 * `ERR_S2S_METADATA_INVALID` (encoded, not UTF-8, not one JSON object)
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (an agent that does not check certificates)
 */
export async function fetchJson(
  url: string,
  options: FetchJsonRequest = {},
  observe?: ObserveAnswer,
): Promise<JsonObject> {
  const { agent, timeoutMilliseconds = 5000, maximumBytes = 512 * 1024 } = options
  const fault = agent === undefined ? undefined : agentFault(agent)
  if (fault !== undefined) throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `agent ${fault}`)
  const address = parseAddress(url)
  const place = `${address.origin}${address.pathname}`.slice(0, 256)
  const bytes = await withinDeadline(timeoutMilliseconds, async (signal) => {
    const answer = await get(address, options, signal)
    observe?.(answer, url)
    checkAnswer(answer)
    return readBody(answer, maximumBytes)
  }).catch((error: unknown) => {
    throw unavailable(place, error)
  })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return parseJsonObject(text, { maximumLength: maximumBytes })
  } catch (cause) {
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', `${place} did not send one JSON object`, { cause })
  }
}

function parseAddress(url: string): URL {
  const address = readUrl(url)
  if (address?.protocol !== 'https:' || address.username !== '' || address.password !== '') {
    throw new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'only https addresses without credentials are fetched')
  }
  return address
}

function get(address: URL, request: FetchJsonRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { agent, ca, fetch, authorization } = request
  const getOptions = { headers: authorization === undefined ? headers : { ...headers, authorization }, signal }
  return fetch === undefined ? httpsGet(address, getOptions, { agent, ca }) : fetchGet(address, getOptions, fetch)
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

function checkAnswer({ status, redirected, contentEncoding }: HttpAnswer): void {
  if (redirected || (status >= 300 && status < 400))
    throw new Error('answered with a redirect, which is never followed')
  if (status !== 200) throw new Error(`answered with status ${status}`)
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

/** What is wrong with an agent. Its own options win over ours, so one that checks nothing would go unnoticed. */
function agentFault(agent: unknown): string | undefined {
  if (!(agent instanceof http.Agent) || Object.getPrototypeOf(agent) === http.Agent.prototype) {
    return 'must be an https.Agent'
  }
  const { options } = agent as http.Agent & { readonly options: https.AgentOptions }
  return 'rejectUnauthorized' in options && options.rejectUnauthorized !== true
    ? 'has rejectUnauthorized switched off, so that anybody could hand us keys; set ca instead'
    : undefined
}
