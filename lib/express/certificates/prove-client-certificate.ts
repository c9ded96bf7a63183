import type { X509Certificate } from 'node:crypto'
import type { ClientCertificateOptions } from '../../binding/client-certificate-options.ts'
import type { ProvedCertificate } from '../../binding/presented.ts'
import { thumbprint } from '../../keys/certificate.ts'
import { isTrustedPeer, type TransportRequest } from '../secure-transport.ts'
import { readCertificateHeader } from './read-certificate-header.ts'

/** What is read of a request to find the certificate of its caller. */
export interface CertificateRequest extends TransportRequest {
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[]
  readonly socket: TransportRequest['socket'] & {
    getPeerX509Certificate?(): X509Certificate | undefined
  }
}

/** Asked only when a token is bound to a certificate, or somebody demands one. */
export type ProveClientCertificate = (request: CertificateRequest) => ProvedCertificate

/**
 * Finds out which client certificate the caller of a request proved to have the key of.
 *
 * From the connection: the TLS handshake proved it, resumed sessions included. From a header: the proxy says so, and is
 * believed only when Express's `trust proxy` names the peer; from anybody else the header is ignored. Two headers of the
 * name, an empty one, and one that holds anything but one certificate prove nothing.
 *
 * Does NOT check chain, dates, key usage or revocation: a token is bound to one certificate, which its issuer knew, and
 * RFC 8705 leaves the rest to the TLS layer (`ca` and `rejectUnauthorized` of Node, `ssl_verify_client` of nginx). Does not
 * check that the proxy overwrites the header either, nor who can reach this server: the operator must see to both.
 *
 * @see RFC 8705 sections 3 and 6.5, RFC 9440
 */
export function createProveClientCertificate(options: ClientCertificateOptions): ProveClientCertificate {
  return options.from === 'socket' ? proveOnSocket : createProveInHeader(options)
}

/** Asked anew for each request: a TLS 1.2 connection may be renegotiated with another certificate. */
function proveOnSocket({ socket }: CertificateRequest): ProvedCertificate {
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate !== undefined) return { x5tS256: thumbprint(certificate.raw, 'sha256') }
  if (socket.encrypted === true)
    return { missing: 'no client certificate came (does the server have requestCert: true?)' }
  return { missing: 'TLS does not end here; let the proxy write a header, and set clientCertificates' }
}

/** Reading a certificate costs more than all the rest, and a caller brings the same one for months. */
const maximumRemembered = 1000

function createProveInHeader({
  header,
  encoding,
}: Extract<ClientCertificateOptions, { from: 'header' }>): ProveClientCertificate {
  const name = header.toLowerCase()
  const known = new Map<string, string>()

  function read(text: string): string | undefined {
    const before = known.get(text)
    if (before !== undefined) return before
    const x5tS256 = readCertificateHeader(text, encoding)
    if (x5tS256 === undefined) return undefined
    if (known.size >= maximumRemembered) known.clear()
    known.set(text, x5tS256)
    return x5tS256
  }

  return function proveInHeader({ headers, rawHeaders, socket, app }) {
    const text = headers[name]
    if (text === undefined || text === '') return { missing: `the proxy sent no certificate in ${header}` }
    if (!isTrustedPeer(app, socket.remoteAddress)) {
      return { missing: `${header} came from a peer that "trust proxy" does not name` }
    }
    if (isTwice(rawHeaders, name)) {
      return { missing: `there is more than one ${header}; let the proxy replace it, not add to it` }
    }
    const x5tS256 = read(String(text))
    return x5tS256 === undefined ? { missing: `${header} does not hold one certificate as ${encoding}` } : { x5tS256 }
  }
}

/** Node joins them with a comma; the raw list tells them apart. */
function isTwice(rawHeaders: readonly string[], name: string): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count += 1
  }
  return count > 1
}
