import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where requests go. */
export interface Target {
  readonly port: number
  /** The certificate authority of a server over TLS; left out for plain http. */
  readonly ca?: string
}

/** One keep-alive connection that sends one request at a time. */
export interface RawConnection {
  /** Sends the bytes of a request; gives the status when the whole answer is there. */
  send(this: void, request: Buffer): Promise<number>
  close(this: void): void
}

/** Connects; no agent, no parser of headers, so that the load generator leaves the machine to the server. */
export async function openConnection({ port, ca }: Target): Promise<RawConnection> {
  const host = '127.0.0.1'
  const socket =
    ca === undefined ? connectPlain({ host, port }) : connectTls({ host, port, ca, servername: 'localhost' })
  await new Promise((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve).once('error', reject)
  })
  socket.setNoDelay(true)
  return createExchange(socket)
}

function createExchange(socket: Socket): RawConnection {
  let received = ''
  let settle: { resolve(status: number): void; reject(error: Error): void } | undefined
  const fail = (error: Error): void => {
    settle?.reject(error)
  }
  socket.on('error', fail)
  socket.on('close', () => {
    fail(new Error('the server closed the connection'))
  })
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    const status = statusOfComplete(received)
    if (status === undefined) return
    received = ''
    settle?.resolve(status)
  })
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject }
        socket.write(request)
      }),
    close: () => {
      settle = undefined
      socket.destroy()
    },
  }
}

/** The status of an answer that is there as a whole; `undefined` while something is missing. */
function statusOfComplete(answer: string): number | undefined {
  const headEnd = answer.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)
  const isComplete =
    length === null || length.index > headEnd
      ? answer.endsWith('0\r\n\r\n')
      : answer.length - headEnd - 4 >= Number(length[1])
  return isComplete ? Number(answer.slice(9, 12)) : undefined
}
