import { createHash } from 'node:crypto'
import { OutgoingError } from '../foundation/errors.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'
import type { OutgoingTokenKey } from './outgoing-token-cache.ts'
import type { TokenRequest } from './token-source.ts'

/** What a token endpoint is asked for, without the client's authentication. */
export interface TokenGrant {
  readonly type: string
  readonly parameters: URLSearchParams
}

/** Longest subject token that is sent on, in characters. */
const longestSubjectToken = 65_536

/**
 * The grant of one token request: client credentials for the application itself, token exchange or Entra's on-behalf-of
 * flow for a subject token.
 *
 * @see RFC 6749 section 4.4.2, RFC 8693 section 2.1, RFC 8707 section 2
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
export function describeGrant(options: OAuthTokenOptions, subjectToken: string | undefined): TokenGrant {
  const parameters = targetParameters(options)
  if (subjectToken === undefined) return { type: 'client_credentials', parameters }
  if (options.delegation === 'entra-obo') {
    parameters.set('assertion', subjectToken)
    parameters.set('requested_token_use', 'on_behalf_of')
    return { type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', parameters }
  }
  parameters.set('subject_token', subjectToken)
  parameters.set('subject_token_type', 'urn:ietf:params:oauth:token-type:access_token')
  return { type: 'urn:ietf:params:oauth:grant-type:token-exchange', parameters }
}

function targetParameters({ scope, resource = [], audience }: OAuthTokenOptions): URLSearchParams {
  const parameters = new URLSearchParams()
  if (scope !== undefined) parameters.set('scope', typeof scope === 'string' ? scope : scope.join(' '))
  for (const one of typeof resource === 'string' ? [resource] : resource) parameters.append('resource', one)
  if (audience !== undefined) parameters.set('audience', audience)
  return parameters
}

/**
 * Under which key the token for a call is kept. Two subject tokens never share one: not even when they name the same user,
 * because nobody here can tell.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID`: a user without a subject token, or no subject token that could be
 * sent
 */
export function keyOfToken(options: OAuthTokenOptions, request: TokenRequest): OutgoingTokenKey {
  const { target, user, subjectToken } = request
  if (subjectToken === undefined && user !== undefined) {
    throw impossible('an OAuth issuer knows a user only by a token: give subjectToken, the token of the incoming call')
  }
  if (subjectToken !== undefined && !isSubjectToken(subjectToken)) {
    throw impossible(`subjectToken must be a token of at most ${longestSubjectToken} characters`)
  }
  const { issuer, clientId, delegation } = options
  return {
    issuer,
    application: clientId,
    audience: JSON.stringify([target.origin, targetParameters(options).toString()]),
    realm: '',
    user: subjectToken === undefined ? [] : [delegation, hashOf(subjectToken)],
    kind: subjectToken === undefined ? 'app' : 'user+app',
    keyId: '',
  }
}

function isSubjectToken(value: unknown): boolean {
  return typeof value === 'string' && value.length <= longestSubjectToken && /^[!-~]+$/.test(value)
}

/** base64url of the SHA-256 of a token: enough to tell it from others, not to use it. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function impossible(reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours' })
}
