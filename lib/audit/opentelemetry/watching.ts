import type { Attributes } from '@opentelemetry/api'
import { systemClock } from '../../foundation/clock.ts'
import { createFailureWarning } from '../failure-warning.ts'
import type { WatchedServer } from '../watched-server.ts'

/** What spans and metrics of one server share. */
export interface Watching {
  readonly server: WatchedServer
  /** On every span and measurement. */
  readonly attributes: Attributes
  readonly safely: Safely
}

/** Does some work of OpenTelemetry's; `undefined` when it throws, which the process is warned of. */
export type Safely = <Result>(work: () => Result) => Result | undefined

/** Creates a guard around OpenTelemetry: whatever its API, an SDK or an exporter throws never reaches a request. */
export function createSafely(): Safely {
  const warn = createFailureWarning('a measurement was lost because OpenTelemetry failed', {
    code: 'S2S_OPENTELEMETRY_FAILED',
    clock: systemClock,
  })
  return function safely(work) {
    try {
      return work()
    } catch (error) {
      warn(error)
      return undefined
    }
  }
}

/** What the end of some work adds, of whatever channel. */
interface Concluded {
  readonly outcome?: string
  readonly code?: string
  readonly issuer?: string
  readonly shadowCode?: string
}

/** The attributes that all spans and measurements draw from: outcome, codes and the configured name of the issuer. */
export function attributesOf({ outcome, code, issuer, shadowCode }: Concluded): Attributes {
  return {
    ...(outcome === undefined ? {} : { 's2s.outcome': outcome }),
    ...(code === undefined ? {} : { 's2s.code': code }),
    ...(issuer === undefined ? {} : { 's2s.issuer': issuer }),
    ...(shadowCode === undefined ? {} : { 's2s.shadow_code': shadowCode }),
  }
}
