import { OutgoingError } from '../foundation/errors.ts'
import type { ExchangeRequest } from './https-exchange.ts'

/** Sends one request to one address of the target. */
export type SendOnce = (url: URL, request: ExchangeRequest) => Promise<Response>

/** A call that can be sent, and sent again after a 401. */
export interface PreparedCall {
  readonly url: URL
  /** Sends it and follows redirects within the target's origin, for GET and HEAD, at most five. */
  sendFrom(this: void, target: URL, send: SendOnce): Promise<Response>
}

const maximumRedirects = 5
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Checks where a call goes and reads its body, before anything is sent.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID`
 */
export async function prepareCall(target: URL, input: string | URL, init: RequestInit): Promise<PreparedCall> {
  const url = addressOf(target, input)
  const headers = new Headers(init.headers)
  for (const name of ['authorization', 'proxy-authorization', 'host']) {
    if (headers.has(name)) throw impossible(`the header ${name} is set by the client alone`)
  }
  const method = (init.method ?? 'GET').toUpperCase()
  const body = await readBody(method, init, headers)
  const signal = init.signal ?? undefined
  signal?.throwIfAborted()

  async function sendFrom(origin: URL, send: SendOnce): Promise<Response> {
    let address = url
    for (let hops = 0; ; hops += 1) {
      const answer = await send(address, { method, headers: new Headers(headers), body, signal })
      const location = redirectStatuses.has(answer.status) ? answer.headers.get('location') : null
      if (location === null) return answer
      address = nextAddress({ location, from: address, origin })
      if ((method !== 'GET' && method !== 'HEAD') || hops >= maximumRedirects) return answer
    }
  }

  return { url, sendFrom }
}

function addressOf(target: URL, input: string | URL): URL {
  const text = String(input)
  if (!URL.canParse(text, target.href)) throw impossible('the address cannot be read')
  const url = new URL(text, target)
  if (url.origin !== target.origin || url.username !== '' || url.password !== '') {
    throw impossible(`the address is not one of ${target.origin}; a token is for one server only`)
  }
  return url
}

/** A token never follows a redirect to another origin, nor to http. */
function nextAddress({ location, from, origin }: { location: string; from: URL; origin: URL }): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (next?.origin === origin.origin) return next
  throw new OutgoingError('ERR_S2S_TARGET_REDIRECT', `${origin.origin} redirects to another origin; call that one`, {
    side: 'target',
  })
}

async function readBody(method: string, { body }: RequestInit, headers: Headers): Promise<Buffer | undefined> {
  if (body === undefined || body === null) return undefined
  if (method === 'GET' || method === 'HEAD') throw impossible(`a ${method} request has no body`)
  const request = new Request('https://body.invalid', { method: 'POST', body, duplex: 'half' })
  const type = request.headers.get('content-type')
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type)
  const bytes = Buffer.from(await request.arrayBuffer())
  headers.set('content-length', String(bytes.length))
  return bytes
}

function impossible(reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours' })
}
