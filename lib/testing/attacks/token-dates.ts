import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { CommonSetup } from './oauth-setup.ts'

/** Values of a date, and the code each must be refused with. */
export type DateTable = Readonly<Record<string, readonly [value: unknown, code: ErrorCode]>>

const invalid = 'ERR_S2S_CLAIM_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

/** JSON of claims in which `raw:1e999` stands for the number 1e999, which JSON.stringify cannot write. */
export function claimsText(claims: object): string {
  return JSON.stringify(claims).replace(/"raw:([^"]*)"/g, '$1')
}

/** What is no date, in whatever claim. */
export function noDates({ now }: CommonSetup): DateTable {
  return {
    null: [null, invalid],
    true: [true, invalid],
    false: [false, invalid],
    'a list': [[now + 600], invalid],
    'an object': [{ valueOf: now + 600 }, invalid],
    'the empty text': ['', invalid],
    'a negative number': [-1, invalid],
    '1e999': ['raw:1e999', invalid],
    '-1e999': ['raw:-1e999', invalid],
    NaN: ['raw:NaN', malformed],
    Infinity: ['raw:Infinity', malformed],
    'an ISO date': ['2037-01-01T00:00:00Z', invalid],
    'the text Infinity': ['Infinity', invalid],
    'the text 1e99': ['1e99', invalid],
    'a hexadecimal text': ['0x7fffffff', invalid],
    'a text with a space': [` ${now + 600}`, invalid],
    'a text with a fraction': [`${now + 600}.5`, invalid],
    'a negative text': ['-1', invalid],
    'a date of ASP.NET': [`/Date(${now + 600}000)/`, invalid],
    'forty digits': ['9'.repeat(40), invalid],
    'Arabic digits': ['\u0661\u0667\u0669\u0668\u0667\u0666\u0664\u0660\u0660\u0660', invalid],
  }
}

/** Ends that are over. */
export function pastDates({ now, tolerance }: CommonSetup): DateTable {
  const expired = 'ERR_S2S_TOKEN_EXPIRED'
  return {
    past: [now - tolerance - 3_600, expired],
    'past by more than the tolerance': [now - tolerance - 1, expired],
    'past by exactly the tolerance': [now - tolerance, expired],
    zero: [0, expired],
    'minus zero': ['raw:-0', expired],
    'a tiny number': ['raw:1e-300', expired],
  }
}

/** Beginnings that are still to come. */
export function futureDates({ now, tolerance, drift }: CommonSetup): DateTable {
  const early = 'ERR_S2S_TOKEN_NOT_YET_VALID'
  return {
    'far in the future': [now + tolerance + drift + 3_600, early],
    'beyond the tolerance': [now + tolerance + drift + 1, early],
    'in milliseconds': [now * 1_000, early],
    '1e300': ['raw:1e300', early],
  }
}

/** Ends that are too far ahead. */
export function distantDates({ now, longest, drift }: CommonSetup): DateTable {
  const tooLong = 'ERR_S2S_TOKEN_LIFETIME'
  return {
    '1e300': ['raw:1e300', tooLong],
    '1e21': [1e21, tooLong],
    'in milliseconds': [(now + 600) * 1_000, tooLong],
    'ten years ahead': [now + longest + 315_360_000, tooLong],
    'the year 2038': [Math.max(2 ** 31 - 1, now + longest + drift + 1), tooLong],
    'beyond exact integers': [2 ** 53 + 2, tooLong],
    'a day and a second ahead': [now + longest + drift + 1, tooLong],
    'a fraction beyond a day': [now + longest + drift + 0.5, tooLong],
  }
}
