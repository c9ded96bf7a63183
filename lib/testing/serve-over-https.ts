import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { z } from 'zod'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { createTestCertificate } from './test-certificate.ts'

/** A server on 127.0.0.1 and a free port. */
export interface TestServer {
  /** `https://localhost:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** The authority (PEM) that clients must trust: `ca` of `node:https`, of a supertest request, of `createS2S`. */
  readonly ca: string
  /** Ends all connections and closes the port. A server that is left open does not keep the process alive. */
  close(this: void): Promise<void>
}

/** What a local https server and its clients need. */
export interface LocalhostTls {
  /** For the server. */
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** For clients: the authority that signed the server's certificate. */
  readonly ca: string
}

let localhostTls: Promise<LocalhostTls> | undefined

/** A certificate for localhost and 127.0.0.1 and the authority behind it; made once per process. */
export function makeLocalhostTls(): Promise<LocalhostTls> {
  localhostTls ??= makeLocalhostCertificate()
  return localhostTls
}

async function makeLocalhostCertificate(): Promise<LocalhostTls> {
  const authority = await createTestCertificate({ commonName: 'Test Authority', keyType: 'ec256' })
  const { certificatePem, privateKeyPem } = await createTestCertificate({
    commonName: 'localhost',
    keyType: 'ec256',
    hosts: ['localhost', '127.0.0.1'],
    signedBy: authority,
  })
  return { certificatePem, privateKeyPem, ca: authority.certificatePem }
}

/** How the server is served. */
export interface ServeOverHttpsOptions {
  /**
   * Ask clients for a certificate, and take any or none, as a server of certificate-bound tokens does (Node's `requestCert`
   * without `rejectUnauthorized`). Default `false`.
   */
  readonly requestCert?: boolean
}

const optionsSchema = optionsObject({ requestCert: z.boolean().optional() })

/**
 * Serves an Express application (or any request listener) over https on the loopback, with a certificate made in this
 * run: `await request(server.url).get('/reports/1').ca(server.ca)` is all that supertest needs; a client certificate is
 * sent with `.cert(certificate.certificatePem).key(certificate.privateKeyPem)`.
 *
 * For tests only. Needs the package `selfsigned`, an optional peer.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` also when `selfsigned` is not installed, `ERR_S2S_OPTION_UNKNOWN`
 */
export async function serveOverHttps(app: RequestListener, options: ServeOverHttpsOptions = {}): Promise<TestServer> {
  const { requestCert = false } = parseOptions(optionsSchema, options, 'options')
  const { certificatePem, privateKeyPem, ca } = await makeLocalhostTls()
  const server = createServer({ cert: certificatePem, key: privateKeyPem, requestCert, rejectUnauthorized: false }, app)
  // A busy machine may leave a connection alone for longer than Node's five seconds, and use it again just as it is closed.
  server.keepAliveTimeout = 60_000
  server.on('connection', (socket: Socket) => socket.unref())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}`,
    port,
    ca,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
