import type { Clock } from '../foundation/clock.ts'

/** A clock that stands still until it is told to move: hand it to `createS2S` as `clock`. */
export interface TestClock extends Clock {
  /** Moves on by that many seconds, or back when the number is negative. */
  advance(this: void, seconds: number): void
}

/** 2027-01-01T00:30:00Z. */
const usualTime = 1_798_763_400

/** Makes a clock that stands still at `seconds` since 1970. Default: 2027-01-01T00:30:00Z, the same in every run. */
export function createTestClock(seconds: number = usualTime): TestClock {
  let now = seconds
  const advance = (more: number): void => {
    now += more
  }
  return Object.assign(() => now, { advance })
}

/** Whether the clock stands still, so that a test may go to the very second of a limit. */
export function standsStill(clock: Clock): clock is TestClock {
  return 'advance' in clock
}
