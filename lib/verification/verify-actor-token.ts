import { PermissionError, TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { booleanClaim, requiredTextClaim, textClaim } from '../tokens/claims.ts'
import { refuseConfirmation } from '../tokens/confirmation.ts'
import { parsePrincipalName, type PrincipalName } from '../tokens/principal-name.ts'
import type { S2STrustedIssuer } from '../trust/trusted-issuer.ts'
import { verifyS2SAudience, verifyTimes, type TokenTimes } from './verify-claims.ts'

/** An application as S2S tokens name it. */
export interface ApplicationName {
  readonly id: string
  readonly realm: string
}

/** What the claims of a signed S2S token say; trusted only once the signature holds. */
export interface ActorClaims extends TokenTimes {
  readonly application: ApplicationName
  /** `nameid` as it stands in the token. */
  readonly nameIdentifier: string
  /** With the host in lower case. */
  readonly audience: string
}

/** Stand-ins for `actortoken` in other dialects; in a signed S2S token they are refused. */
const actorStandIns = ['actortoken', 'ActorToken', 'actort', 'act', 'actor'] as const

/**
 * Checks the claims of a signed S2S token (an app-only token, or the actor token inside an outer one) that need no key:
 * names, broker rule, realms, audience, times, no token within.
 *
 * Does not check the signature (see `VerifiedSignature`).
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_TOKEN_BOUND`, `ERR_S2S_BROKER_REQUIRED`, `ERR_S2S_REALM_MISMATCH` and those of
 * `verifyTimes`, `verifyS2SAudience`
 * @see protocol: MS-XOAUTH 3.2.5.6; CVE-2025-55241
 */
export function verifyActorClaims(claims: JsonObject, issuer: S2STrustedIssuer, now: number): ActorClaims {
  refuseStandIns(claims, actorStandIns)
  refuseConfirmation(claims)
  const nameIdentifier = requiredTextClaim(claims, 'nameid')
  const application = applicationName(nameIdentifier, claims)
  if (!issuer.isTrustBroker && nameIdentifier !== claims['iss']) {
    throw new TokenError(
      'ERR_S2S_BROKER_REQUIRED',
      '"nameid" is not "iss" and the issuer is not a broker (isTrustBroker)',
    )
  }
  const audience = verifyS2SAudience(claims, issuer)
  return { application, nameIdentifier, audience, ...verifyTimes(claims, issuer, now) }
}

/** Reads `id@realm` and checks that the realm is that of `iss` (CVE-2025-55241). */
function applicationName(text: string, claims: JsonObject): ApplicationName {
  const name = parsePrincipalName(text)
  if (name === undefined || name.host !== undefined) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', 'the application is not named as id@realm')
  }
  const issuerRealm = parsePrincipalName(requiredTextClaim(claims, 'iss'))?.realm
  if (name.realm === undefined || name.realm !== issuerRealm) {
    throw new TokenError('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer')
  }
  return { id: name.id, realm: name.realm }
}

/**
 * Checks that an unsigned outer token belongs to the actor token inside it: same application, same audience, its own
 * times; and that the actor is trusted for delegation. Roles and scopes of the outer token are never read.
 *
 * @throws TokenError `ERR_S2S_ACTOR_MISMATCH`, `ERR_S2S_DELEGATION_ABSENT`, `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_TOKEN_BOUND` and those of
 * `verifyTimes`, `verifyS2SAudience`
 * @see protocol: MS-XOAUTH 3.2.5.6 rule 4
 */
export function verifyOuterClaims(
  outer: JsonObject,
  actor: { readonly claims: JsonObject; readonly checked: ActorClaims },
  { issuer, now }: { readonly issuer: S2STrustedIssuer; readonly now: number },
): TokenTimes {
  refuseStandIns(outer, ['ActorToken', 'actort', 'act', 'actor'])
  refuseConfirmation(outer)
  if (requiredTextClaim(outer, 'iss') !== actor.checked.nameIdentifier) {
    throw new TokenError('ERR_S2S_ACTOR_MISMATCH', '"iss" of the outer token is not "nameid" of the actor token')
  }
  if (verifyS2SAudience(outer, issuer) !== actor.checked.audience) {
    throw new TokenError('ERR_S2S_ACTOR_MISMATCH', 'the outer token and the actor token have different audiences')
  }
  const times = verifyTimes(outer, issuer, now)
  if (!booleanClaim(actor.claims, 'trustedfordelegation')) {
    throw new TokenError('ERR_S2S_DELEGATION_ABSENT', '"trustedfordelegation" of the actor token is not true')
  }
  return {
    issuedAt: times.issuedAt,
    startsAt: Math.max(times.startsAt, actor.checked.startsAt),
    expiresAt: Math.min(times.expiresAt, actor.checked.expiresAt),
  }
}

/** The claims of an ACS user token: one signed token, the application in `actor`, the user in `nameid`. */
export function verifyAcsUserClaims(claims: JsonObject, issuer: S2STrustedIssuer, now: number): ActorClaims {
  refuseStandIns(claims, ['actortoken', 'ActorToken', 'actort', 'act'])
  refuseConfirmation(claims)
  const nameIdentifier = requiredTextClaim(claims, 'nameid')
  const application = applicationName(requiredTextClaim(claims, 'actor'), claims)
  requiredTextClaim(claims, 'identityprovider')
  const audience = verifyS2SAudience(claims, issuer)
  return { application, nameIdentifier, audience, ...verifyTimes(claims, issuer, now) }
}

/** The identifiers a user may be named by; at least one must be there. */
export interface UserClaims {
  readonly nameid?: string
  readonly nii?: string
  readonly upn?: string
  readonly smtp?: string
  readonly sip?: string
}

/**
 * Reads the user of an outer token.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` when none of `nameid`, `upn`, `smtp`, `sip` is there, or one is not text
 */
export function readUserClaims(outer: JsonObject): UserClaims {
  const user: Record<string, string> = {}
  for (const name of ['nameid', 'nii', 'upn', 'smtp', 'sip']) {
    const value = textClaim(outer, name)
    if (value !== undefined) user[name] = value
  }
  if (Object.keys(user).every((name) => name === 'nii')) {
    throw new TokenError('ERR_S2S_CLAIM_INVALID', 'the outer token names no user (nameid, upn, smtp or sip)')
  }
  return user
}

/**
 * Our own policy: may this application act for this user?
 *
 * Does not check what the application may do for the user (see `decide`), nor who the user is here.
 *
 * @throws PermissionError `ERR_S2S_DELEGATION_NOT_ALLOWED`
 */
export function verifyDelegationPolicy(application: PrincipalName, issuer: S2STrustedIssuer, user: UserClaims): void {
  const refusal = issuer.allowDelegation
    ? issuer.allowDelegation.refusalForUser(application, user)
    : 'the issuer has no allowDelegation'
  if (refusal === undefined) return
  throw new PermissionError('ERR_S2S_DELEGATION_NOT_ALLOWED', `an application of ${issuer.name}: ${refusal}`)
}

/**
 * Our own policy: may this application act as itself? Without `allowDelegation`, and when it is not listed there, it may.
 *
 * Does not check what it may do as itself (see `decide`).
 *
 * @throws PermissionError `ERR_S2S_APP_ONLY_NOT_ALLOWED`
 */
export function verifyAppOnlyPolicy(application: PrincipalName, issuer: S2STrustedIssuer): void {
  const refusal = issuer.allowDelegation ? issuer.allowDelegation.refusalAsItself(application) : undefined
  if (refusal === undefined) return
  throw new PermissionError('ERR_S2S_APP_ONLY_NOT_ALLOWED', `an application of ${issuer.name}: ${refusal}`)
}

function refuseStandIns(claims: JsonObject, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(claims, name)) throw new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is not accepted here`)
  }
}
