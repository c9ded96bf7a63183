import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'

/** Longest text that is accepted in a claim that names somebody. */
const maximumNameLength = 1024

/**
 * A claim that names somebody or something: own member, text, not empty, not longer than 1,024 characters. `undefined`
 * when the member is missing.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` when it is of another type
 */
export function textClaim(claims: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= maximumNameLength) return value
  throw new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is not a text of 1 to ${maximumNameLength} characters`)
}

/**
 * As `textClaim`, but the member must be there.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`
 */
export function requiredTextClaim(claims: JsonObject, name: string): string {
  const value = textClaim(claims, name)
  if (value === undefined) throw new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is missing`)
  return value
}

/** Which spellings of a NumericDate an issuer type uses. SharePoint writes JSON texts, OAuth writes numbers. */
export type DateSpelling = 'number' | 'number-or-text'

/**
 * A NumericDate in seconds since 1970. `undefined` when the member is missing.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` for anything but a finite number of at least 0 or, where allowed, a text of
 * 1 to 12 decimal digits
 * @see RFC 7519 section 2, MS-SPS2SAUTH (all claim values are texts)
 */
export function dateClaim(claims: JsonObject, name: string, spelling: DateSpelling): number | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (value === undefined) return undefined
  const date = spelling === 'number-or-text' && typeof value === 'string' ? digits(value) : value
  if (typeof date === 'number' && Number.isFinite(date) && date >= 0) return date
  throw new TokenError('ERR_S2S_CLAIM_INVALID', `"${name}" is not a date`)
}

function digits(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

/** `true`, `"true"` and `"True"` are true; everything else is false. */
export function booleanClaim(claims: JsonObject, name: string): boolean {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  return value === true || value === 'true' || value === 'True'
}
