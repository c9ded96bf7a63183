import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api'
import type { S2SHealth } from '../health.ts'
import type { Watching } from './watching.ts'

type Gauges = Readonly<Record<'ready' | 'issuerReady' | 'daysLeft' | 'hits' | 'misses', Observable>>

/** Reads the health of a server whenever metrics are collected; gives the function that ends that. */
export function observeHealth(meter: Meter, { server, attributes, safely }: Watching): () => void {
  const gauges = createGauges(meter)
  function observe(result: BatchObservableResult): void {
    safely(() => {
      observeAll(result, { gauges, health: server.health(), attributes })
    })
  }
  const observables = Object.values(gauges)
  meter.addBatchObservableCallback(observe, observables)
  return () => {
    safely(() => {
      meter.removeBatchObservableCallback(observe, observables)
    })
  }
}

function createGauges(meter: Meter): Gauges {
  return {
    ready: meter.createObservableGauge('s2s.ready', {
      description: '1 when tokens of every trusted issuer can be verified, else 0.',
    }),
    issuerReady: meter.createObservableGauge('s2s.issuer.ready', {
      description: '1 when tokens of this issuer can be verified, else 0.',
    }),
    daysLeft: meter.createObservableGauge('s2s.certificate.days_left', {
      description: 'Whole days until a certificate expires: of a trusted issuer, or (with a key role) our own.',
      unit: 'd',
    }),
    hits: meter.createObservableCounter('s2s.token_cache.hits', {
      description: 'Tokens that were recognised.',
      unit: '{token}',
    }),
    misses: meter.createObservableCounter('s2s.token_cache.misses', {
      description: 'Tokens that had to be verified, refused ones included.',
      unit: '{token}',
    }),
  }
}

interface Observation {
  readonly gauges: Gauges
  readonly health: S2SHealth
  readonly attributes: Attributes
}

function observeAll(result: BatchObservableResult, { gauges, health, attributes }: Observation): void {
  result.observe(gauges.ready, health.ready ? 1 : 0, attributes)
  for (const { name, keys } of health.issuers) {
    const isReady = ['loaded', 'stale', 'asked'].includes(keys)
    result.observe(gauges.issuerReady, isReady ? 1 : 0, { ...attributes, 's2s.issuer': name })
  }
  for (const { name, thumbprint, daysLeft } of health.certificates) {
    const certificate = { 's2s.issuer': name, 's2s.certificate.thumbprint': thumbprint }
    result.observe(gauges.daysLeft, daysLeft, { ...attributes, ...certificate })
  }
  for (const { role, thumbprint, daysLeft } of health.ownKeys) {
    const certificate = { 's2s.key.role': role, 's2s.certificate.thumbprint': thumbprint }
    result.observe(gauges.daysLeft, daysLeft, { ...attributes, ...certificate })
  }
  result.observe(gauges.hits, health.tokenCache.hits, attributes)
  result.observe(gauges.misses, health.tokenCache.misses, attributes)
}
