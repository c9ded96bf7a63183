/** How a refreshing value stands, without a look at its source. */
export interface RefreshingState<T> {
  /** What would serve now; `undefined` when nothing was loaded, or it is older than `staleSeconds`. */
  readonly value: T | undefined
  /** Whether it is older than `refreshSeconds`: a last known good. */
  readonly isStale: boolean
  /** When the value held was asked for, in seconds since 1970; also of one that is too old. */
  readonly loadedAt: number | undefined
  /** Why the last attempt failed; `undefined` when it did not. */
  readonly failure: Error | undefined
}
