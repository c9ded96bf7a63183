import type { Meter } from '@opentelemetry/api'
import { decisionChannel, keyRefreshChannel, verificationChannel } from '../diagnostics-channels.ts'
import { listenToChannel, listenToEnds } from './listen-to-channel.ts'
import { observeHealth } from './observe-health.ts'
import { attributesOf, type Watching } from './watching.ts'

/** Seconds: a recognised token takes microseconds, one that waits for an issuer up to its deadline. */
const durationBoundaries = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
]

/** Counts and measures what one server does, from now on; gives the function that ends that. */
export function recordMetrics(meter: Meter, watching: Watching): () => void {
  const { safely } = watching
  const stops = [
    safely(() => countDecisions(meter, watching)),
    safely(() => measureVerifications(meter, watching)),
    safely(() => countKeyRefreshes(meter, watching)),
    safely(() => observeHealth(meter, watching)),
  ]
  return () => {
    for (const stop of stops) stop?.()
  }
}

function countDecisions(meter: Meter, watching: Watching): () => void {
  const decisions = meter.createCounter('s2s.decisions', {
    description: 'Decisions of guards about requests.',
    unit: '{decision}',
  })
  return listenToChannel(decisionChannel, watching, (message) => {
    decisions.add(1, { ...watching.attributes, ...attributesOf(message) })
  })
}

function measureVerifications(meter: Meter, watching: Watching): () => void {
  const duration = meter.createHistogram('s2s.verification.duration', {
    description: 'Time to verify a token, and to look up the user it names.',
    unit: 's',
    advice: { explicitBucketBoundaries: durationBoundaries },
  })
  return listenToEnds(verificationChannel, watching, ({ outcome, isRemembered = false, durationSeconds }) => {
    duration.record(durationSeconds, {
      ...watching.attributes,
      ...attributesOf(outcome === undefined ? {} : { outcome }),
      's2s.token_cache.hit': isRemembered,
    })
  })
}

function countKeyRefreshes(meter: Meter, watching: Watching): () => void {
  const refreshes = meter.createCounter('s2s.key_refreshes', {
    description: 'Attempts to fetch the keys of an issuer.',
    unit: '{refresh}',
  })
  return listenToEnds(keyRefreshChannel, watching, (message) => {
    refreshes.add(1, { ...watching.attributes, ...attributesOf(message) })
  })
}
