import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'

/**
 * Sends bytes that no http client would send and gives all that comes back until the server closes: lower-case methods,
 * targets that are neither path nor URL, `CONNECT`. Write `Connection: close` into the text.
 */
export function sendText(
  server: { readonly url: string; readonly port: number; readonly ca: string },
  text: string,
): Promise<string> {
  const place = { host: '127.0.0.1', port: server.port }
  return new Promise((resolve, reject) => {
    const socket = server.url.startsWith('https:')
      ? connectTls({ ...place, ca: server.ca, servername: 'localhost' })
      : connectPlain(place)
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString('latin1'))
    })
    socket.setTimeout(5_000, () => socket.destroy(new Error('the server neither answers nor closes')))
    socket.write(Buffer.from(text, 'latin1'))
  })
}
