import { TokenError } from '../foundation/errors.ts'
import { parseUnverifiedToken, type ReadHeader, type UnverifiedToken } from '../tokens/unverified-token.ts'

/**
 * The part of a token that somebody signed, of which nothing is proved yet: the actor token of an unsigned outer token, else
 * the token itself.
 *
 * @throws what `parseUnverifiedToken` throws; TokenError `ERR_S2S_SIGNATURE_INVALID`, `ERR_S2S_ALGORITHM_NOT_ALLOWED`
 */
export function signedPart(token: UnverifiedToken, readHeader?: ReadHeader): UnverifiedToken {
  return token.header.alg === 'none' ? parseUnverifiedToken(actorTokenOf(token), readHeader) : token
}

/** An unsigned token is nothing by itself: no signature, and the signed actor token inside (CVE-2023-29357). */
function actorTokenOf(outer: UnverifiedToken): string {
  if (outer.signature.length > 0) {
    throw new TokenError('ERR_S2S_SIGNATURE_INVALID', 'a token with alg none has a signature')
  }
  if (!Object.hasOwn(outer.claims, 'actortoken')) {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'an unsigned token without an actor token')
  }
  const text = outer.claims['actortoken']
  if (typeof text !== 'string') throw new TokenError('ERR_S2S_TOKEN_MALFORMED', '"actortoken" is not a text')
  return text
}
