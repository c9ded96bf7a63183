import { TokenError } from '../foundation/errors.ts'
import { maximumTokenLength } from './unverified-token.ts'

/** RFC 6749 section 10.10: what cannot be guessed with a chance of 2^-128 has at least 20 printable characters. */
const minimumLength = 20
/** RFC 6750 section 2.1, `b64token`. */
const bearerToken = /^[A-Za-z0-9\-._~+/]+=*$/

/** Whether a text cannot be a JWT: it has at most one dot. Says nothing else of it. */
export function isOpaqueToken(text: string): boolean {
  const first = text.indexOf('.')
  return first === -1 || text.indexOf('.', first + 1) === -1
}

/**
 * Checks that a text can be an opaque token at all, before anybody is asked about it: 20 characters to 12 KiB of RFC 6750's
 * `b64token`.
 *
 * @throws TokenError `ERR_S2S_TOKEN_TOO_LARGE`, `ERR_S2S_TOKEN_MALFORMED`
 */
export function checkOpaqueToken(text: string): void {
  if (text.length > maximumTokenLength) {
    throw new TokenError('ERR_S2S_TOKEN_TOO_LARGE', `the token is longer than ${maximumTokenLength} characters`)
  }
  if (text.length < minimumLength) {
    throw new TokenError('ERR_S2S_TOKEN_MALFORMED', `a token of less than ${minimumLength} characters could be guessed`)
  }
  if (!bearerToken.test(text)) throw new TokenError('ERR_S2S_TOKEN_MALFORMED', 'the token is not a b64token')
}
