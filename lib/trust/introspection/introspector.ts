import { hash } from 'node:crypto'
import type { Clock } from '../../foundation/clock.ts'
import { createTokenBucket, type TokenBucket } from '../../foundation/token-bucket.ts'
import type { IntrospectionAnswer } from '../../oauth/introspection-request.ts'
import { HeldAnswers } from './held-answers.ts'
import { IntrospectionLane, limited } from './introspection-lane.ts'
import type { HeldAnswer } from './introspection.ts'

/** What an introspector is made with. */
export interface IntrospectorOptions {
  /** For messages. */
  readonly issuer: string
  readonly cacheSeconds: number
  readonly clock: Clock
  /** Asks the issuer; bounds its own time. */
  readonly request: (token: string) => Promise<IntrospectionAnswer>
  readonly onAnswer: () => void
  readonly onFailure: (error: Error) => void
}

/** Asks one issuer about tokens. */
export interface Introspector {
  /**
   * What is known of a token; a promise only when the issuer must be asked.
   *
   * @throws UnavailableError `ERR_S2S_INTROSPECTION_UNAVAILABLE`, `ERR_S2S_INTROSPECTION_LIMITED`
   */
  ask(this: void, token: string): HeldAnswer | Promise<HeldAnswer>
  /** What is known of a token; never asks. */
  held(this: void, token: string): HeldAnswer | undefined
  /** Forgets every answer. */
  close(this: void): void
}

/** So many unknown tokens that turn out not to be active at once, and one more each `refillSeconds`. */
const wrongGuesses = { capacity: 100, refillSeconds: 0.2 }

/**
 * Creates what asks an issuer and remembers its answers for a while, by the SHA-256 of the token; of its text nothing is
 * kept. Requests that bring the same token share one question.
 *
 * Strangers cannot make us ask without bound: unknown tokens that turn out not to be active empty a bucket, and while it is
 * empty the issuer is asked about tokens alone that it called active before. In an outage nothing old serves.
 */
export function createIntrospector(options: IntrospectorOptions): Introspector {
  const { clock } = options
  const answers = new HeldAnswers(options)
  const questions = createQuestions(options, answers)
  const flights = new Map<string, Promise<HeldAnswer>>()

  function start(token: string, name: string): Promise<HeldAnswer> {
    const flight = questions.ask(token, name, clock()).finally(() => flights.delete(name))
    flights.set(name, flight)
    return flight
  }

  return {
    ask: (token) => {
      const name = nameOf(token)
      return answers.find(name) ?? flights.get(name) ?? start(token, name)
    },
    held: (token) => answers.find(nameOf(token)),
    close: () => {
      answers.forget()
    },
  }
}

function nameOf(token: string): string {
  return hash('sha256', token, 'base64')
}

/** Questions that are really asked. */
interface Questions {
  ask(this: void, token: string, name: string, askedAt: number): Promise<HeldAnswer>
}

function createQuestions(options: IntrospectorOptions, answers: HeldAnswers): Questions {
  const { issuer, clock, request, onAnswer, onFailure } = options
  const known = new IntrospectionLane(issuer, clock)
  const unknown = new IntrospectionLane(issuer, clock)
  const guesses: TokenBucket = createTokenBucket({ ...wrongGuesses, clock })

  async function question(token: string): Promise<IntrospectionAnswer> {
    try {
      const answer = await request(token)
      onAnswer()
      return answer
    } catch (error) {
      onFailure(error as Error)
      throw error
    }
  }

  async function askAboutUnknown(token: string): Promise<IntrospectionAnswer> {
    if (guesses.isEmpty()) throw limited(`${issuer} was asked about too many tokens that are not active`)
    const answer = await unknown.pass(() => question(token))
    if (answer.document['active'] !== true) guesses.take()
    return answer
  }

  return {
    ask: async (token, name, askedAt) => {
      const answer = answers.wasActive(name) ? await known.pass(() => question(token)) : await askAboutUnknown(token)
      return answers.keep(name, answer, askedAt)
    },
  }
}
