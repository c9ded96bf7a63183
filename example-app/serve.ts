import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { OwnCertificate } from './certificates.ts'

/** A server that runs. */
export interface RunningServer {
  readonly url: string
  close(this: void): Promise<void>
}

/** Serves https with the certificate on a free port of this machine. */
export function serveHttps(certificate: OwnCertificate, listener: RequestListener): Promise<RunningServer> {
  const tls = { cert: certificate.certificatePem, key: certificate.privateKeyPem }
  return listen(createHttpsServer(tls, listener), 'https')
}

/** Serves plain http: only to show that it is refused. */
export function serveHttp(listener: RequestListener): Promise<RunningServer> {
  return listen(createHttpServer(listener), 'http')
}

async function listen(server: Server, scheme: string): Promise<RunningServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
