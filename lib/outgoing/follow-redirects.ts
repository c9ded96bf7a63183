import { OutgoingError } from '../foundation/errors.ts'
import type { ExchangeRequest } from './https-exchange.ts'
import type { PreparedCall } from './prepare-call.ts'
import { readUrl } from '../foundation/read-url.ts'

/** Sends one request to one address of the target. */
export type SendOnce = (url: URL, request: Pick<ExchangeRequest, 'method' | 'headers' | 'body'>) => Promise<Response>

const maximumRedirects = 5
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Sends a call and follows redirects of GET and HEAD within the target's origin, at most five. A redirect of another
 * method is given back as it is, and so is every redirect of a call that says `redirect: 'manual'`. A redirect to another
 * origin, to http or with credentials is followed by nobody.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_REDIRECT`; what `send` throws
 */
export async function followRedirects(call: PreparedCall, send: SendOnce): Promise<Response> {
  const { method, body } = call
  const isFollowed = method === 'GET' || method === 'HEAD'
  let address = call.url
  for (let hops = 0; ; hops += 1) {
    const answer = await send(address, { method, headers: new Headers(call.headers), body })
    const location = redirectStatuses.has(answer.status) ? answer.headers.get('location') : null
    if (location === null || call.redirect === 'manual') return answer
    address = nextAddress(location, address, call)
    if (!isFollowed) return answer
    if (hops >= maximumRedirects) throw refused(call.url, `redirects more than ${maximumRedirects} times`)
  }
}

/** A token never follows a redirect to another origin, nor to http. */
function nextAddress(location: string, from: URL, { redirect, url: { origin } }: PreparedCall): URL {
  if (redirect === 'error') throw refused(from, 'redirects, which this call does not allow')
  const next = readUrl(location, from.href)
  if (next?.origin !== origin) throw refused(from, 'redirects to another origin; call that one if you mean it')
  if (next.username !== '' || next.password !== '') throw refused(from, 'redirects to an address with credentials')
  return next
}

function refused({ origin }: URL, reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_TARGET_REDIRECT', `${origin} ${reason}`, { side: 'target' })
}
