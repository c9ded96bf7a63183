import { answerParent } from './answer-parent.ts'
import { openConnection, type RawConnection, type Target } from './raw-connection.ts'

/** What a load generator is asked: to connect first, so that handshakes are not counted, and then to send. */
export type LoadQuestion =
  | {
      readonly type: 'connect'
      readonly target: Target
      readonly connections: number
      /** Each request carries the next of them. */
      readonly tokens: readonly string[]
    }
  | { readonly type: 'send'; readonly requests: number }

/** What became of a burst of requests. */
export interface LoadResult {
  readonly elapsedMilliseconds: number
  /** How often each status came. */
  readonly statuses: Readonly<Record<string, number>>
  readonly p99Milliseconds: number
}

interface Prepared {
  readonly connections: readonly RawConnection[]
  readonly messages: readonly Buffer[]
}

let prepared: Prepared = { connections: [], messages: [] }

answerParent(async (question: LoadQuestion): Promise<LoadResult | undefined> => {
  if (question.type === 'send') return sendBurst(question.requests)
  const { target, tokens, connections } = question
  prepared = {
    connections: await Promise.all(Array.from({ length: connections }, () => openConnection(target))),
    messages: tokens.map((token) => requestBytes(target, token)),
  }
  return undefined
})

async function sendBurst(requests: number): Promise<LoadResult> {
  const { connections, messages } = prepared
  const burst: Burst = { messages, requests, sent: 0, latencies: [], statuses: {} }
  const start = performance.now()
  await Promise.all(connections.map((connection) => sendAll(connection, burst)))
  const elapsedMilliseconds = performance.now() - start
  for (const { close } of connections) close()
  return { elapsedMilliseconds, statuses: burst.statuses, p99Milliseconds: percentile99(burst.latencies) }
}

interface Burst {
  readonly messages: readonly Buffer[]
  readonly requests: number
  sent: number
  readonly latencies: number[]
  readonly statuses: Record<string, number>
}

async function sendAll(connection: RawConnection, burst: Burst): Promise<void> {
  while (burst.sent < burst.requests) {
    const message = burst.messages[burst.sent % burst.messages.length]
    if (message === undefined) throw new Error('no tokens to send')
    burst.sent += 1
    const start = performance.now()
    const status = await connection.send(message)
    burst.latencies.push(performance.now() - start)
    burst.statuses[status] = (burst.statuses[status] ?? 0) + 1
  }
}

/** The same bytes for every contender. Over plain http we speak as a proxy does, for a caller that came over TLS. */
function requestBytes({ port, ca }: Target, token: string): Buffer {
  const lines = [
    'GET /reports/1 HTTP/1.1',
    `Host: localhost:${port}`,
    ...(ca === undefined ? ['X-Forwarded-For: 192.0.2.7', 'X-Forwarded-Proto: https'] : []),
    'Accept: application/json',
    `Authorization: Bearer ${token}`,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function percentile99(latencies: number[]): number {
  latencies.sort((a, b) => a - b)
  return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? 0
}
