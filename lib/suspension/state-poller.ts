import type { Clock } from '../foundation/clock.ts'
import { setDetachedTimer } from '../foundation/detached-timer.ts'
import { UnavailableError } from '../foundation/errors.ts'
import { inTime } from '../state/in-time.ts'

/** Options of `createStatePoller`. */
export interface StatePollerOptions<T> {
  /** Looks at the shared state. */
  readonly look: () => Promise<T>
  /** Takes in what was seen; throws when it cannot be used in full. Never called for a look that took too long. */
  readonly apply: (seen: T) => void
  readonly clock: Clock
  /** The age (seconds) of the last good look beyond which nothing is judged by it any more. */
  readonly staleSeconds: () => number
  /** Between two looks. Default 250: what one server suspends must hold on the others within a second, busy as they are. */
  readonly intervalMilliseconds?: number
  /** For one look. Default 2000. */
  readonly timeoutMilliseconds?: number
  /** Told once when looks begin to fail. */
  readonly onFailure: (error: unknown) => void
  /** Told once when they succeed again. */
  readonly onRecovery: () => void
}

/** Keeps what this process knows of a shared state fresh. */
export interface StatePoller {
  /**
   * `undefined` while the last good look is fresh; otherwise a promise of one more look. The first call begins the looking.
   *
   * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` (rejects)
   */
  current(this: void): undefined | Promise<void>
  /** Whether the last good look is fresh; never looks. */
  isFresh(this: void): boolean
  /** Stops looking ahead. What is asked for afterwards is still looked at. */
  close(this: void): void
}

/** Creates a poller: one look at a time, the next one when the last has ended. Only a look keeps the process alive. */
export function createStatePoller<T>(options: StatePollerOptions<T>): StatePoller {
  const poller = new Poller(options)
  return {
    current: () => poller.current(),
    isFresh: () => poller.isFresh(),
    close: () => {
      poller.close()
    },
  }
}

class Poller<T> {
  readonly #options: StatePollerOptions<T>
  readonly #interval: number
  #seenAt: number | undefined
  #flight: Promise<void> | undefined
  #failure: { readonly error: unknown; readonly at: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: StatePollerOptions<T>) {
    this.#options = options
    this.#interval = options.intervalMilliseconds ?? 250
  }

  current(): undefined | Promise<void> {
    return this.isFresh() ? undefined : this.#lookNow()
  }

  /** A clock that was set back must not make a look young for as long as it was set back. */
  isFresh(): boolean {
    if (this.#seenAt === undefined) return false
    const now = this.#options.clock()
    this.#seenAt = Math.min(this.#seenAt, now)
    return now - this.#seenAt <= this.#options.staleSeconds()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Who comes just after a look failed has the same answer: requests must not beat upon a state that is down. */
  async #lookNow(): Promise<void> {
    const failure = this.#failure
    if (this.#flight !== undefined || failure === undefined || performance.now() - failure.at >= this.#interval) {
      await (this.#flight ?? this.#start())
    }
    if (this.isFresh()) return
    throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', 'the list of suspensions is too old or was never read', {
      cause: this.#failure?.error,
    })
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer)
    this.#flight = this.#attempt().finally(() => {
      this.#flight = undefined
      if (this.#closed) return
      this.#timer = setDetachedTimer(() => void this.#start(), this.#interval / 1000)
    })
    return this.#flight
  }

  /** Never rejects. */
  async #attempt(): Promise<void> {
    const startedAt = this.#options.clock()
    try {
      this.#options.apply(await this.#lookInTime())
      this.#seenAt = startedAt
      if (this.#failure !== undefined) this.#options.onRecovery()
      this.#failure = undefined
    } catch (error) {
      if (this.#failure === undefined) this.#options.onFailure(error)
      this.#failure = { error, at: performance.now() }
    }
  }

  async #lookInTime(): Promise<T> {
    return inTime(this.#options.look(), this.#options.timeoutMilliseconds)
  }
}
