import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { DecisionMessage, KeyRefreshMessage, S2S, VerificationMessage } from 'passport-s2s'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { serveHttp, type RunningServer } from './serve.ts'

/**
 * Serves what Prometheus asks for at `/metrics`, on the loopback interface only: whoever reads metrics learns who calls and
 * what is refused. Where Prometheus runs elsewhere, guard the route like any other: `s2s.protect({ 'GET /metrics': ... })`.
 */
export async function serveMetrics(servers: Readonly<Record<string, S2S>>): Promise<RunningServer> {
  const registry = new Registry()
  const stop = countMessages(registry)
  for (const [name, gauge] of Object.entries(gauges)) addGauge(registry, name, { ...gauge, servers })
  const server = await serveHttp((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    void registry.metrics().then(
      (text) => response.setHeader('content-type', registry.contentType).end(text),
      () => response.writeHead(500).end(),
    )
  })
  return {
    ...server,
    close: () => {
      stop()
      return server.close()
    },
  }
}

/** What happens, as it happens: each message of a channel is one count. */
function countMessages(registry: Registry): () => void {
  const registers = [registry]
  const decisions = new Counter({
    name: 's2s_decisions_total',
    help: 'Decisions of guards about requests.',
    labelNames: ['outcome', 'code', 'issuer'],
    registers,
  })
  const verifications = new Histogram({
    name: 's2s_verification_duration_seconds',
    help: 'Time to verify a token, and to look up the user it names.',
    labelNames: ['outcome', 'remembered'],
    buckets: [0.0001, 0.001, 0.01, 0.1, 1, 5],
    registers,
  })
  const refreshes = new Counter({
    name: 's2s_key_refreshes_total',
    help: 'Attempts to fetch the keys of an issuer.',
    labelNames: ['issuer', 'outcome'],
    registers,
  })
  const stops = [
    listen(['passport-s2s:decision'], (message) => {
      const { outcome, code = '', issuer = '' } = message as DecisionMessage
      decisions.inc({ outcome, code, issuer })
    }),
    listen(endsOf('verification'), (message) => {
      const { durationSeconds, outcome = '', isRemembered = false } = message as VerificationMessage
      const labels = { outcome, remembered: String(isRemembered) }
      if (durationSeconds !== undefined) verifications.observe(labels, durationSeconds)
    }),
    listen(endsOf('key-refresh'), (message) => {
      const { durationSeconds, issuer, outcome = '' } = message as KeyRefreshMessage
      if (durationSeconds !== undefined) refreshes.inc({ issuer, outcome })
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** Work is over at one of the two, when the message has its duration. */
function endsOf(channel: string): readonly string[] {
  return ['end', 'asyncEnd'].map((event) => `tracing:passport-s2s:${channel}:${event}`)
}

/** A subscriber must not throw: it would be an uncaught exception. */
function listen(channels: readonly string[], count: (message: unknown) => void): () => void {
  const listener = (message: unknown): void => {
    try {
      count(message)
    } catch (error) {
      process.emitWarning(`a message was not counted: ${String(error)}`)
    }
  }
  for (const channel of channels) subscribe(channel, listener)
  return () => {
    for (const channel of channels) unsubscribe(channel, listener)
  }
}

interface GaugeRule {
  readonly help: string
  readonly labels: readonly string[]
  /** Labels and value of each line. */
  readonly read: (health: ReturnType<S2S['health']>) => readonly (readonly [Record<string, string>, number])[]
}

/** How things stand, read when Prometheus asks. */
const gauges: Readonly<Record<string, GaugeRule>> = {
  s2s_ready: {
    help: '1 when tokens of every trusted issuer can be verified.',
    labels: [],
    read: ({ ready }) => [[{}, Number(ready)]],
  },
  s2s_certificate_days_left: {
    help: 'Whole days until a certificate expires.',
    labels: ['issuer', 'thumbprint'],
    read: ({ certificates, ownKeys }) => [
      ...certificates.map(({ name, thumbprint, daysLeft }) => [{ issuer: name, thumbprint }, daysLeft] as const),
      ...ownKeys.map(({ thumbprint, daysLeft }) => [{ issuer: '', thumbprint }, daysLeft] as const),
    ],
  },
  s2s_token_cache_hit_ratio: {
    help: 'Of all tokens so far, how many were recognised.',
    labels: [],
    read: ({ tokenCache: { hits, misses } }) => [[{}, hits / Math.max(1, hits + misses)]],
  },
}

function addGauge(
  registry: Registry,
  name: string,
  { help, labels, read, servers }: GaugeRule & { readonly servers: Readonly<Record<string, S2S>> },
): void {
  const gauge = new Gauge({
    name,
    help,
    labelNames: ['server', ...labels],
    registers: [registry],
    collect: () => {
      gauge.reset()
      for (const [server, s2s] of Object.entries(servers)) {
        for (const [found, value] of read(s2s.health())) gauge.set({ server, ...found }, value)
      }
    },
  })
}
