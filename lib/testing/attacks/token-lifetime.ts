import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { Members } from '../token-changes.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'
import { claimsText, distantDates, futureDates, noDates, pastDates, type DateTable } from './token-dates.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'
const expired = 'ERR_S2S_TOKEN_EXPIRED'
const early = 'ERR_S2S_TOKEN_NOT_YET_VALID'
const tooLong = 'ERR_S2S_TOKEN_LIFETIME'

const common = {
  family: 'token-lifetime',
  reason: 'a token that is over, has not begun, never ends, or has no readable dates is accepted',
} as const

/** For OAuth issuers. */
export const tokenLifetime: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => {
    const { now, longest, drift, sign, header, claims } = setup
    const token = (changes: Members): string => sign(header, claimsText({ ...claims, ...changes }))
    const cases = (name: string, table: DateTable): AttackRow[] =>
      Object.entries(table).map(([what, [value, code]]) => [`${name} ${what}`, token({ [name]: value }), code])
    const texts: DateTable = {
      'a text': [String(now + 600), invalid],
      'a text of the past': [String(now - 600), invalid],
    }
    const far = now + longest + 315_360_000
    return [
      ...cases('exp', { missing: [undefined, invalid], ...pastDates(setup), ...noDates(setup), ...texts }),
      ...cases('exp', distantDates(setup)),
      ['exp a day ahead of an old iat', token({ iat: now - 10, exp: now + longest }), tooLong],
      ['exp a day ahead of an old nbf', token({ nbf: now - 10, exp: now + longest }), tooLong],
      ['exp too far ahead, no iat', token({ iat: undefined, exp: now + longest + drift + 1 }), tooLong],
      ['exp in ten years, iat in the future', token({ iat: far - 60_000, exp: far }), early],
      ['iat of 1970', token({ iat: 0 }), tooLong],
      ...cases('nbf', { ...futureDates(setup), ...noDates(setup), ...texts }),
      ...cases('iat', { ...futureDates(setup), ...noDates(setup), ...texts }),
    ]
  },
}

/** For S2S issuers: applications on their own. Their dates may be texts of digits, and nothing else. */
export const tokenLifetimeS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: (setup) => {
    const { now, tolerance, drift, longest, forgeAppText, appClaims } = setup
    const token = (changes: Members): string => forgeAppText(claimsText({ ...appClaims, ...changes }))
    const past = now - tolerance - 1
    const ahead = now + tolerance + drift + 1
    const rows: readonly (readonly [string, Members, ErrorCode])[] = [
      ...Object.entries({
        ...noDates(setup),
        'thirteen digits': ['1'.repeat(13), invalid],
      } satisfies DateTable).flatMap(([what, [value, code]]) =>
        ['exp', 'nbf', 'iat'].map((name) => [`${name} ${what}`, { [name]: value }, code] as const),
      ),
      ['exp missing', { exp: undefined }, invalid],
      ['nbf missing', { nbf: undefined }, invalid],
      ['exp past', { exp: past }, expired],
      ['exp past, as a text', { exp: String(past) }, expired],
      ['exp zero, as a text', { exp: '0' }, expired],
      ['exp compared as a text would be later', { exp: '9' }, expired],
      ['exp of twelve digits', { exp: '9'.repeat(12) }, tooLong],
      ['exp 9e9', { exp: 9e9 }, tooLong],
      ['a day and a second', { nbf: String(now), exp: String(now + longest + 1) }, tooLong],
      ['nbf in the future, as a text', { nbf: String(ahead) }, early],
      ['iat in the future, as a text', { iat: String(ahead) }, early],
    ]
    return rows.map(([name, changes, code]) => [name, token(changes), code])
  },
}
