import type { Clock } from '../../lib/foundation/clock.ts'
import { createTestClock } from '../../lib/testing/test-clock.ts'

/** 2027-01-01T00:30:00Z, the time at which the vectors' worked example is valid. */
export const NOW = 1_798_763_400

/** A clock that stands still at `NOW`. */
export const fixedClock: Clock = createTestClock(NOW)

/** A clock that moves only when told to. */
export interface MovableClock {
  readonly clock: Clock
  readonly advance: (seconds: number) => void
}

/** Makes a clock that starts at `start` and moves only when told to. */
export function makeMovableClock(start: number = NOW): MovableClock {
  const clock = createTestClock(start)
  return { clock, advance: clock.advance }
}
