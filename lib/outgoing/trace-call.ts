import { callChannel } from '../audit/diagnostics-channels.ts'
import type { CallMessage } from '../audit/diagnostics-messages.ts'
import { traceWork } from '../audit/trace-work.ts'
import { OutgoingError } from '../foundation/errors.ts'

/** One call, and whose it is. */
export interface TracedCall {
  readonly source: object
  readonly target: URL
  readonly method: string
  readonly call: () => Promise<Response>
}

/** @see RFC 9110 section 9, RFC 5789 */
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
])

/**
 * Makes a call and tells the call channel: the target's host and port, never path or query.
 *
 * @throws what `call` throws
 */
export async function traceCall({ source, target, method, call }: TracedCall): Promise<Response> {
  const upper = method.toUpperCase()
  return traceWork<CallMessage, Response>(callChannel, {
    message: {
      source,
      method: knownMethods.has(upper) ? upper : '_OTHER',
      serverAddress: target.hostname,
      serverPort: target.port === '' ? 443 : Number(target.port),
    },
    work: call,
    describeResult: ({ status }) => ({ outcome: 'answered', statusCode: status }),
    describeError: (error) =>
      error instanceof OutgoingError ? { outcome: 'failed', code: error.code } : { outcome: 'aborted' },
  })
}
