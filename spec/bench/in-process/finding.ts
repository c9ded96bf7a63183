/** One number that a topic found. */
export interface Finding {
  /** Unique among all findings; the goals name it. */
  readonly name: string
  readonly value: number
  /** `x`: a ratio; `us`: CPU microseconds; others as they say. */
  readonly unit: 'x' | 'us' | 'bytes' | 'ms' | 'times'
}

/** How much a topic measures. */
export interface TopicEffort {
  readonly rounds: number
  readonly isQuick: boolean
}
