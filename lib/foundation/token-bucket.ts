import type { Clock } from './clock.ts'

/** How often something may be done. */
export interface TokenBucketOptions {
  /** How many times at once. */
  readonly capacity: number
  /** Seconds after which one more is allowed. */
  readonly refillSeconds: number
  readonly clock: Clock
}

/** Bounds how often something is done, whoever asks for it. */
export interface TokenBucket {
  /** Whether it may be done now; counts when it may. */
  readonly take: () => boolean
  /** Whether it may not be done now; counts nothing. */
  readonly isEmpty: () => boolean
}

/** Creates a full bucket. A clock that is set back costs at most one refill. */
export function createTokenBucket({ capacity, refillSeconds, clock }: TokenBucketOptions): TokenBucket {
  let tokens = capacity
  let refilledAt = clock()

  function refill(): void {
    const now = clock()
    const refills = Math.max(0, Math.floor((now - refilledAt) / refillSeconds))
    tokens = Math.min(capacity, tokens + refills)
    refilledAt = tokens === capacity || now < refilledAt ? now : refilledAt + refills * refillSeconds
  }

  function isEmpty(): boolean {
    refill()
    return tokens === 0
  }

  function take(): boolean {
    if (isEmpty()) return false
    tokens--
    return true
  }

  return { take, isEmpty }
}
