import { channel, tracingChannel, type Channel, type TracingChannel } from 'node:diagnostics_channel'
import { S2SError, UnavailableError } from '../foundation/errors.ts'
import type {
  CallMessage,
  DecisionMessage,
  DiagnosticsFailure,
  KeyRefreshMessage,
  VerificationMessage,
} from './diagnostics-messages.ts'

type Traced<Message extends object> = TracingChannel<unknown, Message>
type DecisionChannel = Channel<unknown, DecisionMessage>

/** `tracing:passport-s2s:verification:start` and its like (`end`, `asyncStart`, `asyncEnd`, `error`). */
export const verificationChannel: Traced<VerificationMessage> = tracingChannel('passport-s2s:verification')

/** `tracing:passport-s2s:key-refresh:start` and its like. */
export const keyRefreshChannel: Traced<KeyRefreshMessage> = tracingChannel('passport-s2s:key-refresh')

/** `tracing:passport-s2s:call:start` and its like. */
export const callChannel: Traced<CallMessage> = tracingChannel('passport-s2s:call')

/** `passport-s2s:decision`. */
export const decisionChannel: DecisionChannel = channel('passport-s2s:decision') as DecisionChannel

/** How a failure is told: by outcome and code, never by its text. */
export function describeFailure(error: unknown): DiagnosticsFailure {
  if (!(error instanceof S2SError)) return { outcome: 'error' }
  const { code, status } = error
  if (error instanceof UnavailableError) return { outcome: 'unavailable', code }
  return { outcome: status === 500 ? 'error' : 'refused', code }
}
