/**
 * What was thrown, as an error. Express takes `next(undefined)` and `next('route')` for "go on": whatever an application's
 * own function throws must be an error before it is handed to `next` or to Passport, or a refusal would open the door.
 */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('what was thrown is not an Error', { cause: thrown })
}
