import type { TracingChannel } from 'node:diagnostics_channel'
import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { callChannel, keyRefreshChannel, verificationChannel } from '../diagnostics-channels.ts'
import type {
  CallMessage,
  DiagnosticsEnd,
  DiagnosticsMessage,
  KeyRefreshMessage,
  VerificationMessage,
} from '../diagnostics-messages.ts'
import { ContextStore } from './context-store.ts'
import { listenToEnds } from './listen-to-channel.ts'
import { attributesOf, type Safely, type Watching } from './watching.ts'

type TracedMessage = DiagnosticsMessage & Partial<DiagnosticsEnd>

/** How the messages of one channel become spans. */
interface SpanRule<Message extends TracedMessage> {
  readonly name: string
  readonly kind: SpanKind
  /** What is known at the start. */
  readonly begin: (message: Message) => Attributes
  readonly end: (message: Message) => Attributes
  /** `error.type` of work that failed. */
  readonly errorType: (message: Message) => string | undefined
}

const verificationSpans: SpanRule<VerificationMessage> = {
  name: 's2s.authenticate',
  kind: SpanKind.INTERNAL,
  begin: () => ({}),
  end: (message) => ({
    ...attributesOf(message),
    ...(message.isRemembered === undefined ? {} : { 's2s.token_cache.hit': message.isRemembered }),
  }),
  errorType: ({ outcome, code }) => (outcome === 'accepted' ? undefined : (code ?? 'error')),
}

const keyRefreshSpans: SpanRule<KeyRefreshMessage> = {
  name: 's2s.key_refresh',
  kind: SpanKind.INTERNAL,
  begin: ({ issuer }) => ({ 's2s.issuer': issuer }),
  end: attributesOf,
  errorType: ({ code }) => code,
}

/** @see OpenTelemetry semantic conventions for HTTP client spans */
const callSpans: SpanRule<CallMessage> = {
  name: 's2s.call',
  kind: SpanKind.CLIENT,
  begin: ({ method, serverAddress, serverPort }) => ({
    'http.request.method': method,
    'server.address': serverAddress,
    'server.port': serverPort,
  }),
  end: ({ statusCode, ...concluded }) => ({
    ...attributesOf(concluded),
    ...(statusCode === undefined ? {} : { 'http.response.status_code': statusCode }),
  }),
  errorType: ({ outcome, code, statusCode = 0 }) => {
    if (outcome !== 'answered') return code ?? outcome
    return statusCode >= 400 ? String(statusCode) : undefined
  },
}

/** Makes spans of verifications, key refreshes and calls, from now on; gives the function that ends that. */
export function recordSpans(tracer: Tracer, watching: Watching): () => void {
  const recorder = { ...watching, tracer }
  const stops = [
    recordChannel(verificationChannel, verificationSpans, recorder),
    recordChannel(keyRefreshChannel, keyRefreshSpans, recorder),
    recordChannel(callChannel, callSpans, recorder),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

interface Recorder extends Watching {
  readonly tracer: Tracer
}

function recordChannel<Message extends TracedMessage>(
  channel: TracingChannel<unknown, Message>,
  rule: SpanRule<Message>,
  recorder: Recorder,
): () => void {
  const { tracer, server, attributes, safely } = recorder
  const spans = new WeakMap<Message, Span>()
  const store = new ContextStore(safely)

  function begin(message: Message): Context | undefined {
    if (message.source !== server.source) return undefined
    return safely(() => {
      const { name, kind } = rule
      const span = tracer.startSpan(name, { kind, attributes: { ...attributes, ...rule.begin(message) } })
      spans.set(message, span)
      return trace.setSpan(context.active(), span)
    })
  }

  channel.start.bindStore(store, begin)
  const stopListening = listenToEnds(channel, recorder, (message) => {
    const span = spans.get(message)
    if (span !== undefined) endSpan(span, { attributes: rule.end(message), errorType: rule.errorType(message) }, safely)
  })
  return () => {
    channel.start.unbindStore(store)
    stopListening()
  }
}

interface SpanEnd {
  readonly attributes: Attributes
  readonly errorType: string | undefined
}

/** A span is ended whatever becomes of its attributes. */
function endSpan(span: Span, { attributes, errorType }: SpanEnd, safely: Safely): void {
  safely(() => {
    span.setAttributes(attributes)
    if (errorType === undefined) return
    span.setAttribute('error.type', errorType)
    span.setStatus({ code: SpanStatusCode.ERROR })
  })
  safely(() => {
    span.end()
  })
}
