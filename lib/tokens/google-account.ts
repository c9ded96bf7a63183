import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim, textClaim } from './claims.ts'

const serviceAccountEmail = /^[^\s@]+@(?:[a-z0-9-]+\.)+gserviceaccount\.com$/

/**
 * The service account whose Google ID token this is: its `email` where the token has one, else its numeric `sub`.
 *
 * People and service accounts get their ID tokens from one issuer. A service account's is told by all of this: `azp` is the
 * account itself (its `sub` or its `email`), where a person's is the client that signed the person in; there is no `hd`
 * (a Workspace domain); an `email` is verified and of `gserviceaccount.com`. Whatever does not fit is refused, never half
 * believed.
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE` (of a person), `ERR_S2S_CLAIM_INVALID`
 * @see https://cloud.google.com/docs/authentication/token-types "Service account ID tokens"
 */
export function readGoogleServiceAccount(claims: JsonObject): string {
  const subject = requiredTextClaim(claims, 'sub')
  const party = requiredTextClaim(claims, 'azp')
  const email = readEmail(claims)
  if (Object.hasOwn(claims, 'hd')) throw ofPerson('it has the Workspace domain of a person ("hd")')
  if (!/^\d{1,64}$/.test(subject)) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', '"sub" is not the number of a service account')
  }
  if (party !== subject && party !== email) throw ofPerson('"azp" is a client, not the account itself')
  return email ?? subject
}

function readEmail(claims: JsonObject): string | undefined {
  const email = textClaim(claims, 'email')
  if (email === undefined) return undefined
  if (!serviceAccountEmail.test(email)) throw ofPerson('"email" is not of gserviceaccount.com')
  if (claims['email_verified'] === true) return email
  throw new TokenError('ERR_S2S_CLAIM_INVALID', '"email_verified" is not true')
}

function ofPerson(how: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_TYPE', `the token is not of a Google service account: ${how}`)
}
