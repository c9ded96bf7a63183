import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A local issuer: discovery and a key set over https. */
export interface KeyServer {
  /** `https://localhost:port`. */
  readonly issuer: string
  /** How often the key set was fetched so far. */
  fetches(): number
  close(): Promise<void>
}

/** Serves one key set. */
export async function startKeyServer(tls: { cert: string; key: string }, jwks: object): Promise<KeyServer> {
  let fetches = 0
  const server = createServer(tls, (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/jwks') {
      fetches += 1
      response.end(JSON.stringify(jwks))
    } else {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { issuer, fetches: () => fetches, close }
}
