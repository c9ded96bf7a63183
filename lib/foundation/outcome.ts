/** What became of an attempt, for those who wait for it and those who do not. */
export type Outcome<T> = { readonly value: T } | { readonly error: Error }

/** What an attempt gave; throws what it failed with. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
