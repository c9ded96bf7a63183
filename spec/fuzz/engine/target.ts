import type { Random } from './random.ts'

/** What became of one input. */
export interface Answer {
  readonly accepted: boolean
  /**
   * What tells this way through the code from others, such as the code and reason of a refusal. An input with a new one is
   * kept and changed further, so there must not be too many of them.
   */
  readonly feature: string
  /** What was read; must be the same each time. */
  readonly value?: unknown
}

/** What is fuzzed, with whatever it remembers. */
export interface Subject {
  /** Throws nothing that is documented: that is an answer. What it throws is a finding. */
  execute(this: void, input: string): Answer | Promise<Answer>
  /** Asks an oracle that does not share code with what is fuzzed. Gives what is wrong with the answer. */
  contradiction?(this: void, input: string, answer: Answer): string | undefined | Promise<string | undefined>
  close?(this: void): void
}

/** Makes another input of one. */
export type Mutate = (input: string, random: Random) => string

/** Something to fuzz. */
export interface Target {
  readonly name: string
  /** How often it is run, compared with the others. */
  readonly weight: number
  /** Inputs to begin with; good ones among them. */
  readonly seeds: readonly string[]
  /** Texts that mean something to it. */
  readonly words?: readonly string[]
  /** Knows the structure of inputs; used in turn with changes of the mere text. */
  readonly mutate?: Mutate
  /** Longest input, in characters. Default 16384. */
  readonly maximumLength?: number
  /** A new one, which remembers nothing. */
  start(this: void): Subject
}

/** A refusal that is documented. */
type ErrorClass = new (...parameters: never[]) => Error

/** The answer of a function that throws only what is documented. */
export function answerOf<Read extends Answer | Promise<Answer>>(
  documented: readonly ErrorClass[],
  read: () => Read,
): Read | Answer {
  try {
    return read()
  } catch (error) {
    return refusalOf(documented, error)
  }
}

/** A documented error as an answer; throws anything else on. */
export function refusalOf(documented: readonly ErrorClass[], error: unknown): Answer {
  if (!(error instanceof Error) || !documented.some((known) => error instanceof known)) throw error
  const { code, reason, message } = error as Error & { readonly code?: string; readonly reason?: string }
  return { accepted: false, feature: `${code ?? error.name}: ${reason ?? message}` }
}

/** Something was read; `shape` tells kinds of it apart. */
export function accepted(shape: string, value: unknown): Answer {
  return { accepted: true, feature: `accepted: ${shape}`, value }
}
