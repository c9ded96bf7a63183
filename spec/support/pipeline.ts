import { connect, type TLSSocket } from 'node:tls'
import type { LocalServer } from './https-server.ts'

export interface PipelinedRequest {
  readonly path: string
  readonly token: string
}

export interface PipelinedAnswer {
  readonly status: number
  readonly body: string
}

/**
 * Sends all requests at once over a few TLS connections: HTTP/1.1 lets the next request go before the last answer has come,
 * and Node's server then handles them all at the same time. Thousands in flight without as many handshakes. Answers need a
 * Content-Length; they come back in the order of the requests.
 */
export async function sendPipelined(
  server: LocalServer,
  requests: readonly PipelinedRequest[],
): Promise<readonly PipelinedAnswer[]> {
  const connections = Math.ceil(requests.length / requestsPerConnection)
  const lanes = Array.from({ length: connections }, (_, lane) =>
    requests.filter((_request, index) => index % connections === lane),
  )
  const answers = await Promise.all(lanes.map((lane) => sendLane(server, lane)))
  return requests.map((_, index) => answers[index % connections]?.[Math.floor(index / connections)] ?? noAnswer)
}

/** Few enough: Node gives a connection up when 16 kB of answers wait in it for one that is not there yet. */
const requestsPerConnection = 25

const noAnswer: PipelinedAnswer = { status: 0, body: '' }

function sendLane({ port, ca }: LocalServer, lane: readonly PipelinedRequest[]): Promise<readonly PipelinedAnswer[]> {
  const text = lane.map(
    ({ path, token }) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' })
    const answers: PipelinedAnswer[] = []
    let unread = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      unread = takeAnswers(unread + chunk, answers)
      if (answers.length === lane.length) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      if (answers.length === lane.length) resolve(answers)
      else reject(new Error(`${answers.length} of ${lane.length} requests were answered`))
    })
    socket.setTimeout(60_000, () => socket.destroy())
    socket.write(text.join(''))
  })
}

/** Moves whole answers out of the text; gives what is left. */
function takeAnswers(text: string, answers: PipelinedAnswer[]): string {
  let start = 0
  for (;;) {
    const end = text.indexOf('\r\n\r\n', start)
    if (end === -1) return text.slice(start)
    const head = text.slice(start, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1])
    const next = end + 4 + length
    if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${head}`)
    if (text.length < next) return text.slice(start)
    answers.push({ status: Number(head.slice(9, 12)), body: text.slice(end + 4, next) })
    start = next
  }
}
