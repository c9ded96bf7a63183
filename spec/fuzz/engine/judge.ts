import { isDeepStrictEqual } from 'node:util'
import type { Answer, Subject } from './target.ts'

/** What must never be. */
export interface Finding {
  readonly kind: 'crash' | 'stall' | 'contradiction' | 'unstable'
  /** For the developer; may hold the error's stack. */
  readonly what: string
}

/** What became of one execution. */
export interface Verdict {
  readonly answer: Answer | undefined
  readonly finding: Finding | undefined
  readonly milliseconds: number
}

/** Longest time that one input may hold the event loop. */
export const stallMilliseconds = 50

/** What is shorter is not looked at twice. */
const hiccupMilliseconds = 2

/** Runs one input; at once where the subject answers at once. */
export function judge(subject: Subject, input: string): Verdict | Promise<Verdict> {
  const start = performance.now()
  let answer: Answer | Promise<Answer>
  try {
    answer = subject.execute(input)
  } catch (error) {
    return crashed(error, { milliseconds: performance.now() - start })
  }
  if (!(answer instanceof Promise)) return examine(subject, { input, answer, milliseconds: performance.now() - start })
  // Nothing is waited for but other promises, so that all this time is the event loop's.
  return answer.then(
    (given) => examine(subject, { input, answer: given, milliseconds: performance.now() - start }),
    (error: unknown) => crashed(error, { milliseconds: performance.now() - start }),
  )
}

interface Execution {
  readonly input: string
  readonly answer: Answer
  readonly milliseconds: number
}

function examine(subject: Subject, { input, answer, milliseconds }: Execution): Verdict | Promise<Verdict> {
  const finish = (what: string | undefined): Verdict => ({
    answer,
    milliseconds,
    finding: what === undefined ? undefined : { kind: 'contradiction', what },
  })
  const failed = (error: unknown): Verdict => crashed(error, { answer, milliseconds })
  try {
    const contradiction = subject.contradiction?.(input, answer)
    return contradiction instanceof Promise ? contradiction.then(finish, failed) : finish(contradiction)
  } catch (error) {
    return failed(error)
  }
}

function crashed(
  error: unknown,
  { answer, milliseconds }: { readonly answer?: Answer; readonly milliseconds: number },
): Verdict {
  const what = error instanceof Error ? (error.stack ?? error.message) : `not an Error: ${String(error)}`
  return { answer, finding: { kind: 'crash', what }, milliseconds }
}

/**
 * The shortest time of several runs: a machine that has other things to do, or a garbage collection, must not look like a
 * stall.
 */
export async function confirmStall(subject: Subject, input: string, first: number): Promise<number> {
  let shortest = first
  for (let run = 0; run < 4 && shortest > hiccupMilliseconds; run += 1) {
    const { milliseconds } = await judge(subject, input)
    shortest = Math.min(shortest, milliseconds)
  }
  return shortest
}

/** Whether two answers to one input are the same. */
export function isSameAnswer(first: Answer | undefined, second: Answer | undefined): boolean {
  return isDeepStrictEqual(first, second)
}
