import type { Clock } from './clock.ts'

/** A value that was loaded, and how old it is. */
export class HeldValue<T> {
  readonly value: T
  /** In seconds since 1970; never later than it was when its age was last asked for. */
  loadedAt: number
  private readonly clock: Clock

  constructor(value: T, loadedAt: number, clock: Clock) {
    this.value = value
    this.loadedAt = loadedAt
    this.clock = clock
  }

  /** In seconds. A clock that was set back must not make a value young for as long as it was set back. */
  age(): number {
    const now = this.clock()
    this.loadedAt = Math.min(this.loadedAt, now)
    return now - this.loadedAt
  }
}
