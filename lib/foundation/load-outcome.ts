/** What became of a load, for those who wait for it and those who do not. */
export type LoadOutcome<T> = { readonly value: T } | { readonly error: Error }

/** What a load gave; throws what it failed with. */
export function valueOf<T>(outcome: LoadOutcome<T>): T {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}
