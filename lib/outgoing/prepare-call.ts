import { OutgoingError } from '../foundation/errors.ts'
import { untilAborted } from './deadline.ts'
import { readUrl } from '../foundation/read-url.ts'

/** What of `fetch`'s init a call may say; anything else is refused, for a silently ignored `integrity` would be a hole. */
export interface CallInit extends Pick<RequestInit, 'method' | 'headers' | 'body' | 'signal' | 'redirect'> {
  /** Only `half`, as `fetch` wants it beside a stream; changes nothing. */
  readonly duplex?: 'half'
}

/** A call that can be sent, and sent again after a 401. */
export interface PreparedCall {
  readonly url: URL
  /** In upper case. */
  readonly method: string
  readonly headers: Headers
  readonly body: Buffer | undefined
  readonly redirect: 'follow' | 'manual' | 'error'
}

const knownMembers: ReadonlySet<string> = new Set([
  ...['method', 'headers', 'body', 'signal', 'redirect', 'duplex'],
  // For whom the call is made; see `userOfCall`.
  ...['onBehalfOf', 'subjectToken'],
])
const methodName = /^[!#$%&'*+\-.^_`|~0-9A-Z]+$/
const refusedMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])
/** The token, who the target is, and where a message ends: if a caller could set these, one call could end in another. */
const refusedHeaders = [
  'authorization',
  'dpop',
  'proxy-authorization',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
] as const

/**
 * Checks where a call goes and reads its body into memory, before anything is sent: it may have to be sent twice.
 *
 * Waits for a body stream of the caller's as long as the caller's `signal` lets it; the deadline of a call starts later.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID`; the reason of an aborted `signal`; an error of the body stream
 */
export async function prepareCall(target: URL, input: string | URL, init: CallInit): Promise<PreparedCall> {
  const signal = init.signal ?? undefined
  signal?.throwIfAborted()
  for (const member of Object.keys(init)) {
    if (!knownMembers.has(member)) throw impossible(`this client does not know init.${member.slice(0, 64)}`)
  }
  const url = addressOf(target, input)
  const method = methodOf(init)
  const headers = headersOf(init)
  const body = await untilAborted(readBody(method, init, headers), signal)
  return { url, method, headers, body, redirect: init.redirect ?? 'follow' }
}

function addressOf(target: URL, input: unknown): URL {
  if (typeof input !== 'string' && !(input instanceof URL)) throw impossible('the address is neither text nor URL')
  const text = String(input)
  const url = readUrl(text, target.href)
  if (url === undefined) throw impossible('the address cannot be read')
  if (url.origin !== target.origin || url.username !== '' || url.password !== '') {
    throw impossible(`the address is not one of ${target.origin}; a token is for one server only`)
  }
  return url
}

function methodOf({ method = 'GET' }: CallInit): string {
  const name = method.toUpperCase()
  if (!methodName.test(name) || refusedMethods.has(name)) throw impossible('the method cannot be sent')
  return name
}

function headersOf(init: CallInit): Headers {
  const headers = readHeaders(init)
  const refused = refusedHeaders.find((name) => headers.has(name))
  if (refused !== undefined) throw impossible(`the header ${refused} is set by the client alone; leave it out`)
  if (!headers.has('accept')) headers.set('accept', '*/*')
  // The answer is given as it came: who asks for a compressed one must be able to read it.
  if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity')
  if (!headers.has('user-agent')) headers.set('user-agent', 'passport-s2s')
  return headers
}

/** What `Headers` says of a header that it cannot read may quote it, so that is only the cause. */
function readHeaders({ headers }: CallInit): Headers {
  try {
    return new Headers(headers)
  } catch (cause) {
    throw impossible('the headers cannot be sent', cause)
  }
}

async function readBody(method: string, { body }: CallInit, headers: Headers): Promise<Buffer | undefined> {
  if (body === undefined || body === null) return undefined
  if (method === 'GET' || method === 'HEAD') throw impossible(`a ${method} request has no body`)
  const request = requestOf(body)
  const type = request.headers.get('content-type')
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type)
  return Buffer.from(await request.arrayBuffer())
}

/** Reads every kind of body that `fetch` takes, and names its content type. */
function requestOf(body: NonNullable<CallInit['body']>): Request {
  try {
    return new Request('https://body.invalid', { method: 'POST', body, duplex: 'half' })
  } catch (cause) {
    throw impossible('the body cannot be read; it may have been read already', cause)
  }
}

function impossible(reason: string, cause?: unknown): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours', cause })
}
