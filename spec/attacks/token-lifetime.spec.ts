import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())

const invalid = { status: 401, code: 'ERR_S2S_CLAIM_INVALID' } as const
const expired = { status: 401, code: 'ERR_S2S_TOKEN_EXPIRED' } as const
const early = { status: 401, code: 'ERR_S2S_TOKEN_NOT_YET_VALID' } as const
const tooLong = { status: 401, code: 'ERR_S2S_TOKEN_LIFETIME' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

/** Signed by the trusted issuer. A `RawNumber` stands in the JSON as it is written. */
function oauthToken(changes: Readonly<Record<string, unknown>>): string {
  const header = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt' }
  const key = oauth.keyPair('RS256').privateKey
  return forgedJwt({ header, claims: textOf({ ...claims, ...changes }), algorithm: 'RS256', key })
}

function farmToken(changes: Readonly<Record<string, unknown>>): string {
  const header = { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t }
  const key = farm.certificate.privateKey
  return forgedJwt({ header, claims: textOf({ ...farmClaims, ...changes }), algorithm: 'RS256', key })
}

/** `raw:1e999` is written as the number 1e999, which JSON.stringify cannot. */
function textOf(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(fields).replace(/"raw:([^"]*)"/g, '$1')
}

type Table = Readonly<Record<string, readonly [value: unknown, answer: Pick<AttackCase, 'status' | 'code'>]>>

const noDates: Table = {
  null: [null, invalid],
  true: [true, invalid],
  false: [false, invalid],
  'a list': [[NOW + 600], invalid],
  'an object': [{ valueOf: NOW + 600 }, invalid],
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
  'a text with a space': [` ${NOW + 600}`, invalid],
  'a text with a fraction': [`${NOW + 600}.5`, invalid],
  'a negative text': ['-1', invalid],
  'a date of ASP.NET': [`/Date(${NOW + 600}000)/`, invalid],
  'forty digits': ['9'.repeat(40), invalid],
  'Arabic digits': ['\u0661\u0667\u0669\u0668\u0667\u0666\u0664\u0660\u0660\u0660', invalid],
}

const expiries: Table = {
  missing: [undefined, invalid],
  past: [NOW - 3_600, expired],
  'past by more than the tolerance': [NOW - 61, expired],
  'past by exactly the tolerance': [NOW - 60, expired],
  zero: [0, expired],
  'minus zero': ['raw:-0', expired],
  'a tiny number': ['raw:1e-300', expired],
  ...noDates,
}

const longLives: Table = {
  '1e300': ['raw:1e300', tooLong],
  '1e21': [1e21, tooLong],
  'in milliseconds': [(NOW + 600) * 1_000, tooLong],
  'ten years ahead': [NOW + 315_360_000, tooLong],
  'the year 2038': [2 ** 31 - 1, tooLong],
  'beyond exact integers': [2 ** 53 + 2, tooLong],
  'a day and a second ahead': [NOW + 86_401, tooLong],
  'a fraction beyond a day': [NOW + 86_400.5, tooLong],
}

const starts: Table = {
  'far in the future': [NOW + 3_600, early],
  'beyond the tolerance': [NOW + 61, early],
  'in milliseconds': [NOW * 1_000, early],
  '1e300': ['raw:1e300', early],
  ...noDates,
}

function cases(row: string, name: string, table: Table): AttackCase[] {
  return Object.entries(table).map(([what, [value, answer]]) => ({
    name: `${row}: ${name} ${what}`,
    token: oauthToken({ [name]: value }),
    ...answer,
  }))
}

const numberTexts: Table = {
  'a text': [String(NOW + 600), invalid],
  'a text of the past': [String(NOW - 600), invalid],
}

describeAttack('a token that never ends, or has ended', app, [
  ...cases('row 29', 'exp', { ...expiries, ...numberTexts }),
  ...cases('row 30', 'exp', longLives),
  {
    name: 'row 30: exp a day ahead of an old iat',
    token: oauthToken({ iat: NOW - 10, exp: NOW + 86_400 }),
    ...tooLong,
  },
  {
    name: 'row 30: exp a day ahead of an old nbf',
    token: oauthToken({ nbf: NOW - 10, exp: NOW + 86_400 }),
    ...tooLong,
  },
  { name: 'row 30: exp too far ahead, no iat', token: oauthToken({ iat: undefined, exp: NOW + 86_401 }), ...tooLong },
  {
    name: 'row 30: exp in ten years, iat in the future',
    token: oauthToken({ iat: NOW + 315_300_000, exp: NOW + 315_360_000 }),
    ...early,
  },
  { name: 'row 30: iat of 1970', token: oauthToken({ iat: 0 }), ...tooLong },
])

describeAttack('a token that is not valid yet', app, [
  ...cases('row 31', 'nbf', { ...starts, ...numberTexts }),
  ...cases('row 31', 'iat', { ...starts, ...numberTexts }),
])

/** SharePoint writes dates as texts: those of an S2S issuer may be texts of digits, and nothing else. */
const farmNoDates = Object.entries({ ...noDates, 'thirteen digits': ['1'.repeat(13), invalid] } satisfies Table)

describeAttack('dates of a farm', app, [
  ...farmNoDates.flatMap(([what, [value, answer]]): AttackCase[] =>
    ['exp', 'nbf', 'iat'].map((name) => ({
      name: `row ${name === 'exp' ? '29' : '31'}: ${name} ${what}`,
      token: farmToken({ [name]: value }),
      ...answer,
    })),
  ),
  { name: 'row 29: exp missing', token: farmToken({ exp: undefined }), ...invalid },
  { name: 'row 31: nbf missing', token: farmToken({ nbf: undefined }), ...invalid },
  { name: 'row 29: exp past', token: farmToken({ exp: NOW - 61 }), ...expired },
  { name: 'row 29: exp past, as a text', token: farmToken({ exp: String(NOW - 61) }), ...expired },
  { name: 'row 29: exp zero, as a text', token: farmToken({ exp: '0' }), ...expired },
  { name: 'row 29: exp compared as a text would be later', token: farmToken({ exp: '9' }), ...expired },
  { name: 'row 30: exp of twelve digits', token: farmToken({ exp: '9'.repeat(12) }), ...tooLong },
  { name: 'row 30: exp 9e9', token: farmToken({ exp: 9e9 }), ...tooLong },
  { name: 'row 30: a day and a second', token: farmToken({ nbf: String(NOW), exp: String(NOW + 86_401) }), ...tooLong },
  { name: 'row 31: nbf in the future, as a text', token: farmToken({ nbf: String(NOW + 61) }), ...early },
  { name: 'row 31: iat in the future, as a text', token: farmToken({ iat: String(NOW + 61) }), ...early },
])

describeAccepted('dates within the limits', app, [
  { name: 'past within the tolerance', token: oauthToken({ iat: NOW - 600, exp: NOW - 59 }) },
  { name: 'a fraction', token: oauthToken({ exp: NOW + 0.5 }) },
  { name: 'a whole day', token: oauthToken({ iat: NOW, exp: NOW + 86_400 }) },
  { name: 'nbf and iat ahead within the tolerance', token: oauthToken({ nbf: NOW + 60, iat: NOW + 60 }) },
  { name: 'no iat and no nbf', token: oauthToken({ iat: undefined }) },
  { name: 'numbers of a farm', token: farmToken({ nbf: NOW - 43_200, exp: NOW + 43_200, iat: NOW }) },
])
