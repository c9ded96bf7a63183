import { CompactSign } from 'jose'
import { randomUUID, type KeyObject } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { OutgoingError } from '../foundation/errors.ts'
import { inLowerCase } from '../foundation/lower-case.ts'
import type { OutgoingToken } from './outgoing-token-cache.ts'

/** The key that signs: our own, with its certificate's thumbprint. */
export interface MintingKey {
  readonly kid: string
  readonly x5t: string
  /** base64url of the SHA-256 of the certificate, for issuers that look for it. */
  readonly x5tS256?: string
  /** JWS algorithm. */
  readonly algorithm: string
  readonly privateKey: KeyObject
}

/** How claims are spelt: SharePoint reads texts in lower case, RFC 9068 numbers. */
export type TokenSpelling = 'sharepoint' | 'rfc9068'

/** The identifiers a user token may carry; at least one. */
export interface OutgoingUser {
  readonly nameid?: string | undefined
  readonly nii?: string | undefined
  readonly upn?: string | undefined
  readonly smtp?: string | undefined
  readonly sip?: string | undefined
}

/** What a token says. */
export interface MintInput {
  /** `id@realm` of whoever signs. */
  readonly issuer: string
  /** `id@realm` of the application that calls; the same as `issuer` unless a broker signs. */
  readonly application: string
  /** `id/host@realm` of the server that is called; for `rfc9068` whatever it wants in `aud`. */
  readonly audience: string
  readonly clock: Clock
  /** Default 3600; at most 43200 (12 hours). */
  readonly lifetimeSeconds?: number
  /** Default `sharepoint`. */
  readonly spelling?: TokenSpelling
}

/** Longest lifetime that is minted, in seconds. */
export const longestLifetimeSeconds: number = 43_200

/**
 * Makes a token that names only the application (protocol section 3.5, or RFC 9068).
 *
 * Does not check that the other server trusts us.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID` for a lifetime out of bounds
 */
export async function mintAppOnlyToken(key: MintingKey, input: MintInput): Promise<OutgoingToken> {
  const { expiresAt, dates } = datesOf(input)
  const claims = input.spelling === 'rfc9068' ? accessTokenClaims(input) : s2sClaims(input)
  const type = input.spelling === 'rfc9068' ? 'at+jwt' : 'JWT'
  return { token: await sign(key, type, { ...claims, ...dates }), expiresAt }
}

/**
 * Makes a token that names a user: an unsigned outer token around a signed actor token that says the application is
 * trusted for delegation (protocol sections 3.3 and 3.4). Whoever holds it can name any user until it expires: keep the
 * lifetime short.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID` for a lifetime out of bounds, a user without identifier, or the
 * spelling `rfc9068`, which has no unsigned tokens
 */
export async function mintUserToken(key: MintingKey, input: MintInput, user: OutgoingUser): Promise<OutgoingToken> {
  if (input.spelling === 'rfc9068') throw impossible('an RFC 9068 token cannot name a user; use token exchange')
  const identifiers = userClaims(user)
  const { expiresAt, dates } = datesOf(input)
  const { aud, iss, nameid } = s2sClaims(input)
  const actortoken = await sign(key, 'JWT', { aud, iss, nameid, trustedfordelegation: 'true', ...dates })
  const outer = { aud, iss: nameid, ...identifiers, ...dates, actortoken }
  return { token: `${encode({ typ: 'JWT', alg: 'none' })}.${encode(outer)}.`, expiresAt }
}

/** Claim values of the S2S protocol are texts in lower case. */
function s2sClaims({ audience, issuer, application }: MintInput): { aud: string; iss: string; nameid: string } {
  return { aud: inLowerCase(audience), iss: inLowerCase(issuer), nameid: inLowerCase(application) }
}

function accessTokenClaims({ audience, issuer, application }: MintInput): object {
  return { aud: audience, iss: issuer, sub: application, client_id: application, jti: randomUUID() }
}

function userClaims({ nameid, nii, upn, smtp, sip }: OutgoingUser): object {
  if ((nameid ?? upn ?? smtp ?? sip) === undefined) throw impossible('the user has no nameid, upn, smtp or sip')
  const claims = { nameid, nii, upn, smtp, sip }
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, name === 'nii' ? value : inLowerCase(value)]],
    ),
  )
}

interface Dates {
  readonly expiresAt: number
  readonly dates: Readonly<Record<string, string | number>>
}

function datesOf({ clock, lifetimeSeconds = 3600, spelling }: MintInput): Dates {
  if (!(lifetimeSeconds >= 1 && lifetimeSeconds <= longestLifetimeSeconds)) {
    throw impossible(`lifetimeSeconds must be between 1 and ${longestLifetimeSeconds}`)
  }
  const now = Math.floor(clock())
  const expiresAt = now + Math.floor(lifetimeSeconds)
  if (spelling === 'rfc9068') return { expiresAt, dates: { iat: now, exp: expiresAt } }
  return { expiresAt, dates: { nbf: String(now), exp: String(expiresAt) } }
}

function sign({ kid, x5t, algorithm, privateKey }: MintingKey, typ: string, claims: object): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ typ, alg: algorithm, x5t, kid })
    .sign(privateKey)
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function impossible(reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours' })
}
