/** The time of this story, which can be moved on: nobody wants to wait a day to see a key roll over. */
export interface StoryClock {
  /** Seconds since 1970. */
  now(this: void): number
  /** Lets seconds go by at once, for both servers. */
  pass(this: void, seconds: number): void
}

/** Creates a clock that shows the real time until `pass` is called. */
export function createStoryClock(): StoryClock {
  let passed = 0
  return {
    now: () => Date.now() / 1000 + passed,
    pass: (seconds) => {
      passed += seconds
    },
  }
}
