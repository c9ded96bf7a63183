import type { Clock } from '../../foundation/clock.ts'
import { TokenError } from '../../foundation/errors.ts'
import type { RefreshingValue } from '../../foundation/refreshing-value.ts'
import type { KeySet } from '../../keys/key-set.ts'
import type { KeySource } from '../trusted-issuer.ts'

/** An issuer that is asked about its tokens has no keys: nothing it seems to have signed can be proved. */
const noKeys: KeySet = Object.freeze({
  keys: [],
  findKey: () => {
    throw new TokenError('ERR_S2S_KEY_UNKNOWN', 'the issuer is asked about its tokens and has no keys')
  },
})

/** Stands where other issuers have their keys, and knows how the issuer stands. */
export interface IntrospectionKeys extends KeySource {
  /** The issuer answered a question; `true` when it had failed before. */
  answered(this: void): boolean
  failed(this: void, error: Error): void
}

/** Creates it for an issuer whose endpoint is configured or discovered; `current` waits for the first discovery alone. */
export function createIntrospectionKeys(place: string | RefreshingValue<string>, clock: Clock): IntrospectionKeys {
  let answeredAt: number | undefined
  let failure: Error | undefined
  const discovery = typeof place === 'string' ? undefined : place
  const isKnown = (): boolean => discovery === undefined || discovery.peek() !== undefined
  return {
    current: () => {
      if (discovery === undefined || isKnown()) return noKeys
      return Promise.resolve(discovery.current()).then(() => noKeys)
    },
    refresh: () => ({ value: noKeys, fresh: false }),
    failing: () => failure !== undefined,
    state: () => ({
      value: isKnown() ? noKeys : undefined,
      isStale: false,
      loadedAt: answeredAt ?? discovery?.state().loadedAt,
      failure: failure ?? discovery?.state().failure,
    }),
    close: () => discovery?.close(),
    answered: () => {
      const hadFailed = failure !== undefined
      answeredAt = clock()
      failure = undefined
      return hadFailed
    },
    failed: (error) => {
      failure = error
    },
  }
}
