import { answerParent } from './answer-parent.ts'
import { openConnection, type RawConnection, type Target } from './raw-connection.ts'

/** A burst of requests, each with the next of the tokens. */
export interface LoadQuestion {
  readonly target: Target
  readonly tokens: readonly string[]
  readonly requests: number
  readonly connections: number
}

/** What became of a burst. */
export interface LoadResult {
  readonly elapsedMilliseconds: number
  /** How often each status came. */
  readonly statuses: Readonly<Record<string, number>>
  readonly p99Milliseconds: number
}

answerParent(async ({ target, tokens, requests, connections }: LoadQuestion): Promise<LoadResult> => {
  const messages = tokens.map((token) => requestBytes(target, token))
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(target)))
  const burst = { messages, requests, sent: 0, latencies: [], statuses: {} }
  const start = performance.now()
  await Promise.all(open.map((connection) => sendAll(connection, burst)))
  const elapsedMilliseconds = performance.now() - start
  for (const { close } of open) close()
  return { elapsedMilliseconds, statuses: burst.statuses, p99Milliseconds: percentile99(burst.latencies) }
})

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
