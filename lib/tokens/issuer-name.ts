import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { textClaim } from './claims.ts'
import { parseSpiffeId, trustDomainId } from './spiffe-id.ts'

/**
 * By which name the issuer of a token is looked up: `iss`. A JWT-SVID may do without; then it is `spiffe://<trust domain>` of
 * its `sub`, which only an issuer that is configured for that trust domain answers to.
 *
 * Proves nothing: whoever looks the issuer up must see that it may leave `iss` out (see `findIssuer`).
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` when there is neither, or `iss` is not text
 */
export function issuerNameOf(claims: JsonObject): string {
  const named = textClaim(claims, 'iss')
  if (named !== undefined) return named
  const workload = parseSpiffeId(Object.hasOwn(claims, 'sub') ? claims['sub'] : undefined)
  if (workload === undefined) throw new TokenError('ERR_S2S_CLAIM_INVALID', '"iss" is missing')
  return trustDomainId(workload.trustDomain)
}
