/**
 * The error of a line that cannot be reached by design; `what` says why it cannot.
 *
 * Each use and its reason is listed in spec/tooling/unreachable.md. It has no code: reaching it is a fault of this library.
 */
export function unreachable(what: string): Error {
  return new Error(`passport-s2s: this cannot happen: ${what}`)
}
