import type { Clock } from '../../lib/foundation/clock.ts'

/** 2027-01-01T00:30:00Z, the time at which the vectors' worked example is valid. */
export const NOW = 1_798_763_400

/** A clock that stands still at `NOW`. */
export const fixedClock: Clock = () => NOW

/** A clock that moves only when told to. */
export interface MovableClock {
  readonly clock: Clock
  readonly advance: (seconds: number) => void
}

/** Makes a clock that starts at `start` and moves only when told to. */
export function makeMovableClock(start: number = NOW): MovableClock {
  let now = start
  return {
    clock: () => now,
    advance: (seconds) => {
      now += seconds
    },
  }
}
