/**
 * Goes on with a value as soon as it is there: at once when it is no promise. What is known needs no turn of the event loop;
 * a promise costs more than many of the steps it would stand between.
 *
 * @throws what `next` throws, when the value is there already
 */
export function whenReady<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** What a function of the application gave, which may be a promise of any library. */
export function toPromise<T>(given: T | PromiseLike<T>): T | Promise<T> {
  const isThenable = typeof (given as Partial<PromiseLike<T>> | null | undefined)?.then === 'function'
  return isThenable ? Promise.resolve(given) : (given as T)
}

/** What becomes of some work. */
export interface Outcome<T> {
  readonly done: (value: T) => void
  readonly failed: (error: unknown) => void
}

/** Does something and tells the outcome: in the same turn, unless the work gave a promise. */
export function settle<T>(work: () => T | Promise<T>, { done, failed }: Outcome<T>): void {
  let result: T | Promise<T>
  try {
    result = work()
  } catch (error) {
    failed(error)
    return
  }
  if (result instanceof Promise) result.then(done, failed)
  else done(result)
}
