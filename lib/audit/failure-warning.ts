import type { Clock } from '../foundation/clock.ts'

/** Options of `createFailureWarning`. */
export interface FailureWarningOptions {
  /** The `code` of the warning. */
  readonly code: string
  readonly clock: Clock
}

const secondsBetweenWarnings = 60

/** Creates a function that warns the process of failures in what only watches, at most once a minute. It never throws. */
export function createFailureWarning(text: string, { code, clock }: FailureWarningOptions): (error: unknown) => void {
  let lastWarning = -Infinity
  return function warnOfFailure(error) {
    if (clock() - lastWarning < secondsBetweenWarnings) return
    lastWarning = clock()
    const what = error instanceof Error ? `${error.name}: ${error.message}` : 'what was thrown is not an Error'
    process.emitWarning(`${text} (${what})`, { type: 'PassportS2SWarning', code })
  }
}
