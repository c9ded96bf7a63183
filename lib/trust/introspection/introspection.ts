import type { IntrospectionAnswer } from '../../oauth/introspection-request.ts'
import type { IntrospectedForm } from './introspection-options.ts'

/** What an issuer said about a token, and for how long that serves. */
export interface HeldAnswer extends IntrospectionAnswer {
  /** Seconds since 1970. */
  readonly askedAt: number
  /** Seconds since 1970. */
  readonly usableUntil: number
}

/** How an issuer is asked about its tokens; what it says of one is not judged here (see `VerifiedIntrospection`). */
export interface Introspection {
  readonly accepts: IntrospectedForm
  readonly tokenPrefix: string | undefined
  readonly acceptsMissingAudience: boolean
  readonly acceptsMissingTokenType: boolean
  /**
   * What the issuer says about this token; a promise only when it must be asked first.
   *
   * @throws UnavailableError `ERR_S2S_INTROSPECTION_UNAVAILABLE`, `ERR_S2S_INTROSPECTION_LIMITED`
   */
  ask(this: void, token: string): HeldAnswer | Promise<HeldAnswer>
  /** What it said lately; never asks. */
  held(this: void, token: string): HeldAnswer | undefined
}
