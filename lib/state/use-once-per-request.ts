import { S2SError, UnavailableError } from '../foundation/errors.ts'
import { inTime } from './in-time.ts'
import type { S2SState } from './s2s-state.ts'

/** Something that may be used once. */
export interface SingleUse {
  /** What it is known by in the state: a hash, nothing that can be read. */
  readonly key: string
  /** Seconds since 1970: until then nobody may use it again. */
  readonly untilSeconds: number
  /** Seconds since 1970: it cannot have been used before. */
  readonly sinceSeconds: number
  /** The request that uses it: all guards that see the same request use it once. */
  readonly request?: object | undefined
  /** What an outage leaves open, for the audit event. */
  readonly doubt: string
}

/** Which requests used up what, of which state. */
const usedOn = new WeakMap<object, { readonly state: object; readonly key: string }[]>()

/**
 * Whether something is used for the first time, or was by this very request; a promise only when the state gives one. Anything
 * but `true` of a state is no.
 *
 * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` when nobody can tell
 */
export function useOncePerRequest(state: Pick<S2SState, 'useOnce'>, use: SingleUse): boolean | Promise<boolean> {
  const { key, untilSeconds, sinceSeconds, request, doubt } = use
  const used = (request && usedOn.get(request)) ?? []
  if (used.some((one) => one.state === state && one.key === key)) return true

  function conclude(answer: unknown): boolean {
    if (answer !== true) return false
    if (request !== undefined) usedOn.set(request, [...used, { state, key }])
    return true
  }
  function fail(cause: unknown): never {
    if (cause instanceof S2SError) throw cause
    throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', doubt, { cause })
  }
  try {
    const answer = state.useOnce(key, untilSeconds, sinceSeconds)
    return answer instanceof Promise ? inTime(answer).then(conclude, fail) : conclude(answer)
  } catch (error) {
    return fail(error)
  }
}
