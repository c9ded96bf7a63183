import type { JsonObject } from '../foundation/parse-json.ts'
import type { S2SUser } from '../identity/principal.ts'
import type { TokenFacts } from '../suspension/match-suspension.ts'
import { dateClaim } from '../tokens/claims.ts'
import { issuerNameOf } from '../tokens/issuer-name.ts'
import { tokenIdsOf } from '../verification/token-ids.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { S2SApplication } from '../identity/principal.ts'

/** Who sent the token, as far as suspensions ask. */
export interface NamedSender {
  readonly issuer: TrustedIssuer
  readonly caller: { readonly application: S2SApplication; readonly user?: S2SUser | undefined }
}

/** A token that was verified. */
export interface KnownToken {
  readonly text: string
  /** Of the signed token, or what the issuer said. */
  readonly claims: JsonObject
  /** What the issuer said, when it was asked. */
  readonly answer?: JsonObject | undefined
}

/**
 * What suspensions ask of a token that was verified, from the claims of the signed token. The dates are those of the signed token: an outer token is dated by
 * whoever wrapped it.
 */
export function readTokenFacts(token: KnownToken, { issuer, caller }: NamedSender): TokenFacts {
  const { text, claims, answer } = token
  const { application, user } = caller
  const spelling = issuer.protocol === 's2s' ? 'number-or-text' : 'number'
  return {
    issuerNames: [issuer.name, issuerNameOf(claims), ...(issuer.partOf ?? [])],
    application,
    userNames: user === undefined ? [] : userNamesOf(user),
    issuedAt: dateClaim(claims, 'iat', spelling) ?? dateClaim(claims, 'nbf', spelling),
    tokenIds: () => tokenIdsOf(text, answer),
  }
}

/** Every identifier of a user; the `id` of the profile too, once there is one. */
function userNamesOf({ id, upn, smtp, sip, sid, profile }: S2SUser): readonly string[] {
  return [id, upn, smtp, sip, sid, profile?.id].filter((name) => name !== undefined)
}
