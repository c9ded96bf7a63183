import { describeFailure, verificationChannel } from '../audit/diagnostics-channels.ts'
import type { VerificationMessage } from '../audit/diagnostics-messages.ts'
import { traceWork } from '../audit/trace-work.ts'
import type { Presented } from '../binding/presented.ts'
import type { AuthenticateCaller, AuthenticatedCaller } from './authenticate-caller.ts'

type Authenticated = AuthenticatedCaller | Promise<AuthenticatedCaller>

/** The verifications of one server. */
export interface TracedVerifications {
  readonly source: object
  /** How many tokens were recognised so far: recognition is the first thing that is tried, in the same turn. */
  readonly hits: () => number
  readonly verify: AuthenticateCaller
}

/**
 * Makes verifications heard on their channel, at no cost while nobody listens. Of a token that was refused nothing is told
 * but the code.
 */
export function traceVerifications({ source, hits, verify }: TracedVerifications): AuthenticateCaller {
  function trace(token: string, correlationId: () => string, presented: Presented | undefined): Authenticated {
    const message: VerificationMessage = { source }
    const before = hits()
    function verifyCounted(): Authenticated {
      try {
        return verify(token, correlationId, presented)
      } finally {
        Object.assign(message, { isRemembered: hits() !== before })
      }
    }
    return traceWork<VerificationMessage, AuthenticatedCaller>(verificationChannel, {
      message,
      work: verifyCounted,
      describeResult: ({ principal }) => ({ outcome: 'accepted', issuer: principal.issuer }),
      describeError: describeFailure,
    })
  }

  return function authenticate(token, correlationId, presented) {
    return verificationChannel.hasSubscribers
      ? trace(token, correlationId, presented)
      : verify(token, correlationId, presented)
  }
}
