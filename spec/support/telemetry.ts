import { AsyncLocalStorage } from 'node:async_hooks'
import { context, ROOT_CONTEXT, type Context, type ContextManager, type Meter, type Tracer } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'

/** One value of one metric. */
export interface MetricPoint {
  readonly name: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: unknown
}

/** The real SDKs of OpenTelemetry, which export into memory. */
export interface Telemetry {
  readonly tools: { readonly tracer: Tracer; readonly meter: Meter }
  /** Spans that have ended, oldest first. */
  spans(this: void): readonly ReadableSpan[]
  /** Collects all metrics now. */
  collect(this: void): Promise<readonly MetricPoint[]>
  /** All that was ever exported, as text. */
  exported(this: void): Promise<string>
  close(this: void): Promise<void>
}

export function startTelemetry(): Telemetry {
  const spanExporter = new InMemorySpanExporter()
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 86_400_000 })
  const meters = new MeterProvider({ readers: [reader] })
  async function collect(): Promise<readonly MetricPoint[]> {
    await reader.forceFlush()
    const last = metricExporter.getMetrics().at(-1)
    return (last?.scopeMetrics ?? []).flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({ name: descriptor.name, attributes, value })),
      ),
    )
  }
  return {
    tools: { tracer: tracers.getTracer('spec'), meter: meters.getMeter('spec') },
    spans: () => spanExporter.getFinishedSpans(),
    collect,
    exported: async () => JSON.stringify([await collect(), spanExporter.getFinishedSpans().map(textOf)]),
    close: async () => {
      await Promise.all([tracers.shutdown(), meters.shutdown()])
    },
  }
}

function textOf({ name, attributes, status, events, links, resource }: ReadableSpan): object {
  return { name, attributes, status, events, links, resource: resource.attributes }
}

/** Makes contexts of OpenTelemetry follow promises, as its Node SDK does; gives the function that ends that. */
export function followContexts(manager: ContextManager = asyncContextManager()): () => void {
  context.setGlobalContextManager(manager)
  return () => {
    context.disable()
  }
}

function asyncContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, receiver, ...parameters) =>
      storage.run(active, () => work.call(receiver as never, ...parameters)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}
