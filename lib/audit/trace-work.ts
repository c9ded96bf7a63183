import type { TracingChannel } from 'node:diagnostics_channel'
import type { DiagnosticsEnd, DiagnosticsMessage } from './diagnostics-messages.ts'

/** Work that is told to a tracing channel. */
export interface TracedWork<Message extends DiagnosticsMessage, Result> {
  /** What is known at the start; all events of this work carry this one object. */
  readonly message: Message
  readonly work: () => Result | Promise<Result>
  /** What the result adds to the message. Must not throw. */
  readonly describeResult: (result: Result) => Partial<Message>
  /** What a failure adds to the message. Must not throw. */
  readonly describeError: (error: unknown) => Partial<Message>
}

/**
 * Does some work and tells a tracing channel, in Node's order: `start`, `error` when it throws, `end` when its part in this
 * turn is done, and for a promise `asyncStart` and `asyncEnd`. The message has `durationSeconds` once the work has ended.
 * Other than Node's own `tracePromise` it gives a value at once when the work does, and puts neither result nor error into
 * the message: they may hold what no log may have.
 *
 * Call it only when the channel has subscribers. A subscriber that throws is an uncaught exception, as Node has it; the
 * work goes on.
 *
 * @throws what `work` throws
 */
export function traceWork<Message extends DiagnosticsMessage, Result>(
  channel: TracingChannel<unknown, Message>,
  traced: TracedWork<Message, Result>,
): Result | Promise<Result> {
  const { message, work } = traced
  const { done, failed } = createEnds(channel, traced)
  async function follow(promise: Promise<Result>): Promise<Result> {
    try {
      return done(await promise)
    } catch (error) {
      return failed(error)
    } finally {
      channel.asyncStart.publish(message)
      channel.asyncEnd.publish(message)
    }
  }
  return channel.start.runStores(message, () => {
    try {
      const result = work()
      return result instanceof Promise ? follow(result) : done(result)
    } catch (error) {
      return failed(error)
    } finally {
      channel.end.publish(message)
    }
  })
}

interface Ends<Result> {
  readonly done: (result: Result) => Result
  readonly failed: (error: unknown) => never
}

/** Completes the message of work that began now. */
function createEnds<Message extends DiagnosticsMessage, Result>(
  channel: TracingChannel<unknown, Message>,
  { message, describeResult, describeError }: TracedWork<Message, Result>,
): Ends<Result> {
  const startedAt = performance.now()
  function complete(description: Partial<Message>): void {
    const end: DiagnosticsEnd = { durationSeconds: (performance.now() - startedAt) / 1000 }
    Object.assign(message, description, end)
  }
  return {
    done: (result) => {
      complete(describeResult(result))
      return result
    },
    failed: (error) => {
      complete(describeError(error))
      channel.error.publish(message)
      throw error
    },
  }
}
