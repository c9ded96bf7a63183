import type { Clock } from '../../foundation/clock.ts'
import { createGenerationMap, type GenerationMap } from '../../foundation/generation-map.ts'
import type { IntrospectionAnswer } from '../../oauth/introspection-request.ts'
import type { HeldAnswer } from './introspection.ts'

/** How long answers serve. */
export interface HeldAnswersOptions {
  readonly cacheSeconds: number
  readonly clock: Clock
}

/** An answer has come at least so long ago when it is asked for again: requests that came together share it. */
const leastSeconds = 1
/** A token may become active a moment after it was made: another node of the issuer need not know it yet. */
const inactiveSeconds = 10
const maximumActive = 10_000
const maximumInactive = 10_000

/**
 * Remembers what an issuer said, by the SHA-256 of tokens. Bounded in time and number; answers about tokens that are not
 * active, which strangers can cause, never drive out those about active ones.
 */
export class HeldAnswers {
  readonly #active: GenerationMap<HeldAnswer> = createGenerationMap(maximumActive)
  readonly #inactive: GenerationMap<HeldAnswer> = createGenerationMap(maximumInactive)
  readonly #options: HeldAnswersOptions

  constructor(options: HeldAnswersOptions) {
    this.#options = options
  }

  /** An answer that serves now. */
  find(name: string): HeldAnswer | undefined {
    const held = this.#active.get(name) ?? this.#inactive.get(name)
    if (held === undefined) return undefined
    const now = this.#options.clock()
    // A clock that was set back must not keep an answer for as long as it was set back.
    return now < held.usableUntil && now >= held.askedAt ? held : undefined
  }

  /** Whether the token was active when the issuer was asked last, however long ago that is. */
  wasActive(name: string): boolean {
    return this.#active.get(name) !== undefined
  }

  keep(name: string, answer: IntrospectionAnswer, askedAt: number): HeldAnswer {
    const isActive = answer.document['active'] === true
    const held = { ...answer, askedAt, usableUntil: this.#endOf(answer, askedAt, isActive) }
    this.#active.delete(name)
    if (isActive) this.#active.set(name, held)
    else this.#inactive.set(name, held)
    return held
  }

  forget(): void {
    this.#active.forget(() => true)
    this.#inactive.forget(() => true)
  }

  #endOf({ document }: IntrospectionAnswer, askedAt: number, isActive: boolean): number {
    const { cacheSeconds, clock } = this.#options
    const seconds = isActive ? cacheSeconds : Math.min(cacheSeconds, inactiveSeconds)
    const exp = document['exp']
    const end = Math.min(askedAt + seconds, typeof exp === 'number' ? exp : Infinity)
    return Math.max(end, clock() + leastSeconds)
  }
}
