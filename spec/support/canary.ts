import { createServer, type AddressInfo } from 'node:net'

/** A port that nobody may knock at. */
export interface Canary {
  /** An https address there. Nothing speaks TLS or HTTP: every connection counts, whatever was meant by it. */
  readonly url: string
  connections(): number
  close(): Promise<void>
}

/** Starts a canary on 127.0.0.1. */
export async function startCanary(): Promise<Canary> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
      }),
  }
}
