import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api'
import { z } from 'zod'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import type { WatchedServer } from '../watched-server.ts'
import { recordMetrics } from './record-metrics.ts'
import { recordSpans } from './record-spans.ts'
import { createSafely, type Watching } from './watching.ts'

/** Options of `instrument`. */
export interface OpenTelemetryOptions {
  /** Makes the spans; `false` for none. Default: the tracer `passport-s2s` of the global provider. */
  readonly tracer?: Tracer | false
  /** Makes the metrics; `false` for none. Default: the meter `passport-s2s` of the global provider, which must be registered before. */
  readonly meter?: Meter | false
  /** The attribute `s2s.server` of everything: tells the servers of one process apart. Default: no such attribute. */
  readonly serverName?: string
}

const hasMethod = (name: string) => (value: unknown) =>
  typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function'
const no = z.literal(false)

const optionsSchema = optionsObject({
  tracer: z.union([no, z.custom(hasMethod('startSpan'), 'a tracer of @opentelemetry/api')]).optional(),
  meter: z.union([no, z.custom(hasMethod('createCounter'), 'a meter of @opentelemetry/api')]).optional(),
  serverName: z.string().min(1, 'is empty').optional(),
})

/**
 * Makes spans and metrics of what one server does, until it is closed or the function that is given back is called.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function instrumentServer(server: WatchedServer, options: OpenTelemetryOptions): () => void {
  parseOptions(optionsSchema as z.ZodType, options, 'options')
  const { serverName } = options
  const safely = createSafely()
  const watching: Watching = {
    server,
    attributes: serverName === undefined ? {} : { 's2s.server': serverName },
    safely,
  }
  const tracer = options.tracer ?? safely(() => trace.getTracer('passport-s2s'))
  const meter = options.meter ?? safely(() => metrics.getMeter('passport-s2s'))
  const stops = [
    ...(tracer === undefined || tracer === false ? [] : [recordSpans(tracer, watching)]),
    ...(meter === undefined || meter === false ? [] : [recordMetrics(meter, watching)]),
  ]
  function stop(): void {
    for (const end of stops.splice(0)) end()
  }
  server.onClose(stop)
  return stop
}
