import type { ForgingKey } from './forge-token.ts'

/** Claims or header parameters; `undefined` takes one out. */
export type Members = Readonly<Record<string, unknown>>

/** What differs from the usual token. */
export interface TokenChanges {
  readonly header?: Members
  readonly claims?: Members
  /** How it is signed, whatever the header says; without `header.alg` the header says the same. Default `RS256`. */
  readonly algorithm?: string
  /** Default: the issuer's own key. */
  readonly key?: ForgingKey
}
