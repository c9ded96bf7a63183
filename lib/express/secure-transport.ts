/** What is read of a request to tell how it came; an Express request has all of it. */
export interface TransportRequest {
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly socket: { readonly encrypted?: unknown; readonly remoteAddress?: string | undefined }
  /** The Express application; without one no forwarded header is believed. */
  readonly app?: { get(setting: string): unknown } | undefined
}

/**
 * Whether the request came over TLS all the way that can be told.
 *
 * `X-Forwarded-Proto` counts only when Express trusts the peer (`trust proxy`); then every item of it must be exactly
 * `https`, because an appending proxy leaves what the client wrote in front. Without the header, or from a peer that is
 * not trusted, the socket decides. Never says yes where Express's `req.secure` says no. `Forwarded` and all other headers
 * are not read; that the trusted proxy itself sets the header is the operator's to see to.
 *
 * @see design "Decisions taken": TLS
 */
export function isSecureTransport(request: TransportRequest): boolean {
  const { headers, socket, app } = request
  const forwarded = headers['x-forwarded-proto']
  if (forwarded === undefined || !isTrustedPeer(app, socket.remoteAddress)) return socket.encrypted === true
  if (forwarded === 'https') return true
  return String(forwarded).split(',').every(isHttps)
}

/** Whether what the peer of a connection forwards is believed: only by Express's `trust proxy`, unset for nobody. */
export function isTrustedPeer(app: TransportRequest['app'], address: string | undefined): boolean {
  const trust = app?.get('trust proxy fn')
  if (app === undefined || typeof trust !== 'function') return false
  // A function of the application may answer otherwise each time.
  if (address === undefined || typeof app.get('trust proxy') === 'function') {
    return Boolean((trust as PeerTrust)(address, 0))
  }
  return isTrustedAddress(trust as PeerTrust, address)
}

/** Express's compiled `trust proxy` setting. */
type PeerTrust = (address: string | undefined, hop: number) => unknown

/** What a compiled setting said of an address; a changed setting is another function. */
const answers = new WeakMap<PeerTrust, Map<string, boolean>>()
const maximumAddresses = 1000

/** A proxy sends thousands of requests, and Express reads addresses and ranges anew each time. */
function isTrustedAddress(trust: PeerTrust, address: string): boolean {
  let known = answers.get(trust)
  if (known === undefined || known.size >= maximumAddresses) {
    known = new Map()
    answers.set(trust, known)
  }
  let isTrusted = known.get(address)
  if (isTrusted === undefined) {
    isTrusted = Boolean(trust(address, 0))
    known.set(address, isTrusted)
  }
  return isTrusted
}

function isHttps(item: string): boolean {
  return /^[ \t]*https[ \t]*$/.test(item)
}
