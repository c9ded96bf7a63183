import { setMaxListeners } from 'node:events'

/** How long something may take, and who may end it earlier. */
export interface Deadline {
  readonly milliseconds: number
  readonly signals: readonly (AbortSignal | undefined)[]
  /** The error of a work that took too long. */
  late(this: void): Error
}

/**
 * Does something until the deadline. It rejects at once with `late()` or the reason of a signal, whether or not `work`
 * heeds the signal it is given. Leaves no timer and no listener behind.
 *
 * (`AbortSignal.timeout` would keep a timer for each call, `AbortSignal.any` a reference in each long-lived signal.)
 *
 * @throws the error of `late()`, the reason of a signal, or what `work` throws
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signals = deadline.signals.filter((signal) => signal !== undefined)
  for (const signal of signals) signal.throwIfAborted()
  const ended = new AbortController()
  const timer = setTimeout(() => {
    ended.abort(deadline.late())
  }, deadline.milliseconds)
  const pass = ({ target }: Event): void => {
    ended.abort((target as AbortSignal).reason)
  }
  for (const signal of signals) listen(signal, pass)
  try {
    return await untilAborted(work(ended.signal), ended.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal.removeEventListener('abort', pass)
  }
}

/**
 * Waits for something that several callers may share: the signal ends the waiting, not the work.
 *
 * @throws the reason of the signal
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      // A signal may be aborted with any reason, as in `fetch`.
      reject(signal.reason as Error)
    }
    listen(signal, stop)
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Many calls may share one signal, as with `fetch`: that is no leak, and Node shall not warn of one. */
function listen(signal: AbortSignal, listener: (event: Event) => void): void {
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener)
}
