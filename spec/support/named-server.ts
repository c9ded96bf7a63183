import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from './certificates.ts'
import { serveDocuments, type ServedDocument } from './https-server.ts'

/** An https server that is called by a name, and what the callers need. */
export interface NamedServer {
  /** The authority that signed its certificate, PEM. */
  readonly ca: string
  /** A program for `--require`: connections to the name and port 443 go to this server. TLS still asks for the name. */
  readonly preload: string
  close(this: void): Promise<void>
}

/** Serves documents under a host name that no DNS needs to know. */
export async function serveByName(
  host: string,
  documents: Readonly<Record<string, ServedDocument>>,
): Promise<NamedServer> {
  const authority = await makeCertificate({ commonName: 'Spec Authority', keyType: 'ec256' })
  const { certificatePem, privateKeyPem } = await makeCertificate({
    commonName: host,
    keyType: 'ec256',
    hosts: [host],
    signedBy: authority,
  })
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, serveDocuments(documents))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ca: authority.certificatePem,
    preload: preloadText(host, (server.address() as AddressInfo).port),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Changes the answer of DNS and the port, nothing else. */
function preloadText(host: string, port: number): string {
  return `
const { Socket } = require('node:net')
const { connect } = Socket.prototype
const lookup = (name, { all }, callback) =>
  all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)
const lead = (options) =>
  options?.host === ${JSON.stringify(host)} && Number(options.port) === 443 ? { ...options, port: ${port}, lookup } : options
Socket.prototype.connect = function (first, ...others) {
  if (!Array.isArray(first)) return connect.call(this, lead(first), ...others)
  first[0] = lead(first[0])
  return connect.call(this, first, ...others)
}
`
}
