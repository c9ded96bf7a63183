import { ResponseBodyError } from 'oauth4webapi'
import type { ErrorCode } from '../foundation/error-codes.ts'
import { OutgoingError, S2SError, type OutgoingSide } from '../foundation/errors.ts'

/** What the issuer may say, and what to look at then. Nothing else of its answer is repeated. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['invalid_client', 'check clientId and authentication'],
  ['unauthorized_client', 'allow the grant for this client at the issuer'],
  ['unsupported_grant_type', 'the issuer does not have this grant; see delegation'],
  ['invalid_request', 'a parameter is missing or not wanted; check scope, resource and audience'],
  ['invalid_scope', 'check scope'],
  ['invalid_target', 'check resource and audience'],
  ['invalid_grant', 'the subject token, if there was one, is not accepted'],
  ['access_denied', 'the issuer does not allow it'],
  ['invalid_dpop_proof', 'check the clock of this server and oauth.dpop.algorithm'],
  ['use_dpop_nonce', 'the issuer gives bound tokens only; set oauth.dpop'],
  ['interaction_required', 'the user must sign in again'],
  ['login_required', 'the user must sign in again'],
  ['consent_required', 'the user or an administrator must consent at the issuer'],
])

/** An outage in the words of OAuth; RFC 6749 section 4.1.2.1, RFC 8628 section 3.5. */
const outages: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])

/** What is thrown here; anything else came from the connection and speaks of a target. */
const ownCodes: ReadonlySet<ErrorCode> = new Set(['ERR_S2S_TOKEN_REQUEST_REFUSED', 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE'])

/** The issuer cannot be used as it is: down, or its answers are none. */
export function issuerUnavailable(
  reason: string,
  details: { readonly side?: OutgoingSide; readonly cause?: unknown } = {},
): OutgoingError {
  return new OutgoingError('ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', reason, { side: 'issuer', ...details })
}

/** What came of a request that brought no answer. Errors that say already who must act stay as they are. */
export function toIssuerFailure(issuer: string, thrown: unknown): S2SError {
  if (!(thrown instanceof S2SError))
    return issuerUnavailable(`no request to ${issuer} could be made`, { cause: thrown })
  if (!(thrown instanceof OutgoingError) || ownCodes.has(thrown.code)) return thrown
  const side = thrown.side === 'target' ? 'issuer' : thrown.side
  return issuerUnavailable(`no answer from ${issuer}: ${String(thrown.reason)}`, { side, cause: thrown })
}

/**
 * What an answer without a token means. A refusal is ours to mend, everything else is the issuer's.
 *
 * Not passed on as cause: what `oauth4webapi` throws quotes the answer, which may hold a token.
 */
export function tokenRequestFailure(issuer: string, status: number, thrown: unknown): OutgoingError {
  if (!(thrown instanceof ResponseBodyError) || status === 429 || outages.has(thrown.error)) {
    return issuerUnavailable(`the token endpoint of ${issuer} answered with ${describe(status)}`)
  }
  const advice = refusals.get(thrown.error)
  const word = advice === undefined ? 'with a word of its own' : `${thrown.error}: ${advice}`
  return new OutgoingError('ERR_S2S_TOKEN_REQUEST_REFUSED', `${issuer} refused the token request (${word})`, {
    side: 'ours',
  })
}

function describe(status: number): string {
  return status >= 300 && status < 400 ? 'a redirect, which is never followed' : `status ${status}`
}
