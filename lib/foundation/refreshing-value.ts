import type { Clock } from './clock.ts'
import { setDetachedTimer } from './detached-timer.ts'
import { UnavailableError } from './errors.ts'
import { HeldValue } from './held-value.ts'
import { valueOf, type LoadOutcome } from './load-outcome.ts'
import type { RefreshingState } from './refreshing-state.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** Options of `createRefreshingValue`. The callbacks must not throw. */
export interface RefreshingValueOptions<T> {
  /** Brings the value of now; bounds its own time. */
  readonly load: () => Promise<T>
  /** The age at which the value must be looked at again; ahead of it at 70 to 80 %, by chance: servers drift apart. */
  readonly refreshSeconds: number
  /** The age up to which the last known good value serves while it cannot be loaded. */
  readonly staleSeconds: number
  readonly clock: Clock
  readonly onRefreshed?: (value: T) => void
  readonly onFailure?: (error: Error, lastKnownGoodUsed: boolean) => void
  /** The same value under the configuration before, on the same clock: what it holds serves on, as old as it is. */
  readonly earlier?: RefreshingValue<T> | undefined
}

/** What a forced look found. */
export interface ForcedLook<T> {
  readonly value: T
  /** `false`: the token bucket was empty and nothing was loaded. */
  readonly fresh: boolean
}

/** One remote value that is kept fresh. */
export interface RefreshingValue<T> {
  /**
   * The value of now; a promise only when it must be loaded first.
   *
   * @throws UnavailableError when the last known good value is too old; what `load` threw when there never was one
   */
  current(): T | Promise<T>
  /** Looks again, within the token bucket (3 at once, one more each 10 seconds); without one gives what is held, at once. */
  refresh(): ForcedLook<T> | Promise<ForcedLook<T>>
  /** Whether the last attempt failed. */
  failing(): boolean
  /** The value held, however old; never loads. */
  peek(): T | undefined
  /** How it stands, and what would serve now; never loads. */
  state(): RefreshingState<T>
  /** Stops refreshing ahead. What is asked for afterwards is still loaded. */
  close(): void
}

const aheadShare = 0.8

/**
 * Creates a value that refreshes: one load at a time, ahead of need, with a last known good through an outage, and
 * within a token bucket whatever strangers make us look for.
 * Does not judge the value (that is `load`'s part) and remembers nothing between processes.
 */
export function createRefreshingValue<T>(options: RefreshingValueOptions<T>): RefreshingValue<T> {
  return new Refreshing(options)
}

class Refreshing<T> implements RefreshingValue<T> {
  readonly #options: RefreshingValueOptions<T>
  readonly #refreshSeconds: number
  readonly #bucket: TokenBucket
  #held: HeldValue<T> | undefined
  #flight: Promise<LoadOutcome<T>> | undefined
  #failure: Error | undefined
  /** An attempt failed after the value was due: nobody waits for the next ones. */
  #overdue = false
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: RefreshingValueOptions<T>) {
    this.#options = options
    this.#refreshSeconds = Math.min(options.refreshSeconds, options.staleSeconds)
    this.#bucket = createTokenBucket({ capacity: 3, refillSeconds: 10, clock: options.clock })
    if (options.earlier instanceof Refreshing) this.#takeOver(options.earlier as Refreshing<T>)
  }

  current(): T | Promise<T> {
    const held = this.#usable()
    if (held === undefined) return this.#loadFirst()
    const age = held.age()
    if (age < this.#refreshSeconds * aheadShare) return held.value
    if (age >= this.#refreshSeconds && !this.#overdue) return this.#loadDue(held)
    this.#lookAhead()
    return held.value
  }

  refresh(): ForcedLook<T> | Promise<ForcedLook<T>> {
    const held = this.#usable()
    if (held === undefined) return this.#loadFirst().then((value) => ({ value, fresh: true }))
    const flight = this.#flight ?? (this.#bucket.take() ? this.#start() : undefined)
    if (flight === undefined) return { value: held.value, fresh: false }
    return flight.then((outcome) => ({ value: valueOf(outcome), fresh: true }))
  }

  failing(): boolean {
    return this.#failure !== undefined
  }

  peek(): T | undefined {
    return this.#held?.value
  }

  state(): RefreshingState<T> {
    const usable = this.#usable()
    const isStale = usable !== undefined && usable.age() >= this.#refreshSeconds
    return { value: usable?.value, isStale, loadedAt: this.#held?.loadedAt, failure: this.#failure }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** There is nothing to serve: everybody waits for one load, and after a failure the token bucket rations them. */
  async #loadFirst(): Promise<T> {
    if (this.#flight === undefined && this.#failure !== undefined && !this.#bucket.take()) {
      throw this.#unavailable(this.#failure)
    }
    const outcome = await (this.#flight ?? this.#start())
    if ('error' in outcome) throw this.#unavailable(outcome.error)
    return outcome.value
  }

  /** What was withdrawn must stop working now, so the callers wait; an outage leaves them the last known good. */
  async #loadDue(held: HeldValue<T>): Promise<T> {
    const outcome = await (this.#flight ?? this.#start())
    if ('value' in outcome) return outcome.value
    if (this.#usable() === undefined) throw this.#unavailable(outcome.error)
    return held.value
  }

  #lookAhead(): void {
    if (this.#flight !== undefined) return
    if (this.#failure === undefined || this.#bucket.take()) void this.#start()
  }

  #start(): Promise<LoadOutcome<T>> {
    this.#flight = this.#attempt().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  /** Never rejects: an outcome nobody waits for is reported by the callbacks. */
  async #attempt(): Promise<LoadOutcome<T>> {
    const startedAt = this.#options.clock()
    try {
      const value = await this.#options.load()
      this.#succeed(new HeldValue(value, startedAt, this.#options.clock))
      return { value }
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error('what was thrown is not an Error', { cause: thrown })
      this.#fail(error)
      return { error }
    }
  }

  #succeed(held: HeldValue<T>): void {
    this.#held = held
    this.#failure = undefined
    this.#overdue = false
    this.#wakeUpAhead(held)
    this.#options.onRefreshed?.(held.value)
  }

  #takeOver(earlier: Refreshing<T>): void {
    this.#held = earlier.#held
    this.#failure = earlier.#failure
    this.#overdue = earlier.#overdue
    if (this.#held !== undefined) this.#wakeUpAhead(this.#held)
  }

  #wakeUpAhead(held: HeldValue<T>): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const seconds = this.#refreshSeconds * (aheadShare - 0.1 * Math.random()) - held.age()
    this.#timer = setDetachedTimer(this.#lookAhead.bind(this), seconds)
  }

  #fail(error: Error): void {
    const usable = this.#usable()
    this.#failure = error
    this.#overdue = usable !== undefined && usable.age() >= this.#refreshSeconds
    this.#options.onFailure?.(error, usable !== undefined)
  }

  #usable(): HeldValue<T> | undefined {
    if (this.#held === undefined) return undefined
    return this.#held.age() < this.#options.staleSeconds ? this.#held : undefined
  }

  #unavailable(error: Error): Error {
    if (this.#held === undefined || error instanceof UnavailableError) return error
    return new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'the last known good value is too old', { cause: error })
  }
}
