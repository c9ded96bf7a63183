import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { Members } from '../token-changes.ts'
import type { AttackFamily, AttackRow, Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'
import { claimsText } from './token-dates.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'
const expired = 'ERR_S2S_TOKEN_EXPIRED'
const early = 'ERR_S2S_TOKEN_NOT_YET_VALID'
const long = 'ERR_S2S_TOKEN_LIFETIME'

type Window = readonly [title: string, change: Members, code: ErrorCode]

function windows({ now, tolerance, longest, drift }: S2SSetup): readonly Window[] {
  const ahead = now + tolerance + drift
  return [
    ['expired', { exp: String(now - tolerance - 3600), nbf: String(now - tolerance - 7200) }, expired],
    ['expired one second outside the tolerance', { exp: now - tolerance }, expired],
    ['exp 0', { exp: 0, nbf: 0 }, expired],
    ['not yet valid', { nbf: String(ahead + 3600), exp: String(ahead + 7200) }, early],
    ['not yet valid by one second outside the tolerance', { nbf: ahead + 1 }, early],
    ['issued in the future', { iat: ahead + 540 }, early],
    ['exp missing', { exp: undefined }, invalid],
    ['nbf missing', { nbf: undefined }, invalid],
    ['ten years', { exp: now + longest + 315_360_000 }, long],
    ['a lifetime of one second more than a day', { nbf: now - 600, exp: now - 600 + longest + 1 }, long],
    ['an nbf of 1970', { nbf: 0 }, long],
    ['exp in milliseconds', { exp: now * 1000 }, long],
    ['exp in milliseconds as text', { exp: String(now * 1000) }, invalid],
    ['exp 9e9 as number', { exp: 9e9 }, long],
    ['exp 1e300', { exp: 'raw:1e300' }, long],
    ['exp 1e999', { exp: 'raw:1e999' }, invalid],
    ['exp of twelve digits', { exp: '9'.repeat(12) }, long],
  ]
}

const noDates = (now: number): Oddities => ({
  hexadecimal: `0x${(now + 600).toString(16)}`,
  'a float in a text': `${now + 600}.5`,
  '9e9 in a text': '9e9',
  'after a space': ` ${now + 600}`,
  'before a space': `${now + 600} `,
  'before a newline': `${now + 600}\n`,
  'with a plus sign': `+${now + 600}`,
  'negative in a text': '-1',
  negative: -1,
  empty: '',
  NaN: 'NaN',
  Infinity: 'Infinity',
  'of 40 digits': '9'.repeat(40),
  'of 13 digits': '1'.repeat(13),
  'with separators': '1,798,764,000',
  'an underscored number': '1_798_764_000',
  'in Arabic digits': '\u0661\u0667\u0669\u0668\u0667\u0666\u0664\u0660\u0660\u0660',
  'an ISO date': '2027-01-01T01:00:00Z',
  '/Date()/': `/Date(${now * 1000})/`,
  null: null,
  true: true,
  'a list': [now + 600],
  'an object': { seconds: now + 600 },
})

/** Outer and actor tokens outside their lifetime. */
export const actorTokenLifetime: AttackFamily<S2SSetup> = {
  family: 'actor-token-lifetime',
  reason: 'one of the two tokens is over, has not begun, never ends, or has no readable dates',
  rows: (setup) => {
    const { actorClaims, outerClaims, forgeAppText, unsigned } = setup
    const actor = (change: Members): string => forgeAppText(claimsText({ ...actorClaims, ...change }))
    const outer = (change: Members): string => unsigned(claimsText({ ...outerClaims, ...change }))
    const inBoth = ([title, change, code]: Window): AttackRow[] => [
      [`${title}, in the outer token`, outer(change), code],
      [`${title}, in the actor token`, outer({ actortoken: actor(change) }), code],
    ]
    const dates = Object.entries(noDates(setup.now))
    return [
      ...windows(setup).flatMap((window) => [
        ...inBoth(window),
        [`${window[0]}, app-only`, actor(window[1]), window[2]] satisfies AttackRow,
      ]),
      ...dates.flatMap(([title, exp]) => [
        ...inBoth([`exp ${title}`, { exp }, invalid]),
        [`exp ${title}, app-only`, actor({ exp }), invalid] satisfies AttackRow,
      ]),
      ...dates.flatMap(([title, nbf]) => inBoth([`nbf ${title}`, { nbf }, invalid])),
    ]
  },
}
