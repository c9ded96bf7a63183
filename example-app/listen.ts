import type { RequestListener } from 'node:http'
import type { OwnCertificate } from './certificates.ts'
import { serveHttps, type RunningServer } from './serve.ts'

/** A server that listens before it has an application. */
export interface Listener extends RunningServer {
  serve(app: RequestListener): void
}

/** A server must know its own host and port, so its application is made after it listens. */
export async function listen(certificate: OwnCertificate): Promise<Listener> {
  let app: RequestListener | undefined
  const server = await serveHttps(certificate, (request, response) => {
    app?.(request, response)
  })
  return {
    ...server,
    serve: (given) => {
      app = given
    },
  }
}
