import type { Clock } from '../../foundation/clock.ts'
import { UnavailableError } from '../../foundation/errors.ts'
import { createTokenBucket, type TokenBucket } from '../../foundation/token-bucket.ts'

/** How many questions of one lane may be under way at once. */
const maximumUnderWay = 200

/**
 * Bounds the questions to one issuer. Tokens that were active before have a lane of their own, so that no flood of unknown
 * ones stands in their way.
 */
export class IntrospectionLane {
  #underWay = 0
  #failing = false
  /** While the issuer fails: so many attempts, and one more each second. */
  readonly #attempts: TokenBucket
  readonly #issuer: string

  constructor(issuer: string, clock: Clock) {
    this.#issuer = issuer
    this.#attempts = createTokenBucket({ capacity: 10, refillSeconds: 1, clock })
  }

  /**
   * Asks, or refuses to.
   *
   * @throws UnavailableError `ERR_S2S_INTROSPECTION_LIMITED`, `ERR_S2S_INTROSPECTION_UNAVAILABLE`; what `ask` throws
   */
  async pass<T>(ask: () => Promise<T>): Promise<T> {
    this.#enter()
    try {
      const answer = await ask()
      this.#failing = false
      return answer
    } catch (error) {
      this.#failing = true
      throw error
    } finally {
      this.#underWay -= 1
    }
  }

  #enter(): void {
    if (this.#underWay >= maximumUnderWay) {
      throw limited(`${this.#issuer} is asked about ${maximumUnderWay} tokens already`)
    }
    if (this.#failing && !this.#attempts.take()) {
      throw new UnavailableError(
        'ERR_S2S_INTROSPECTION_UNAVAILABLE',
        `${this.#issuer} failed to answer, and is asked again once a second`,
      )
    }
    this.#underWay += 1
  }
}

/** The refusal to ask. */
export function limited(reason: string): UnavailableError {
  return new UnavailableError('ERR_S2S_INTROSPECTION_LIMITED', reason)
}
