import assert from 'node:assert/strict'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { compact, encodePart, signText } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm } = world
const { actorHeader, actorClaims, outerClaims, forgeActor, forgeOuter } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const invalid = 'ERR_S2S_CLAIM_INVALID'
const expired = 'ERR_S2S_TOKEN_EXPIRED'
const early = 'ERR_S2S_TOKEN_NOT_YET_VALID'
const long = 'ERR_S2S_TOKEN_LIFETIME'
type Change = Readonly<Record<string, unknown>>

const windows: readonly [name: string, change: Change, code: AttackCase['code']][] = [
  ['expired', { exp: String(NOW - 3600), nbf: String(NOW - 7200) }, expired],
  ['expired one second outside the tolerance', { exp: NOW - 60 }, expired],
  ['exp 0', { exp: 0, nbf: 0 }, expired],
  ['not yet valid', { nbf: String(NOW + 3600), exp: String(NOW + 7200) }, early],
  ['not yet valid by one second outside the tolerance', { nbf: NOW + 61 }, early],
  ['issued in the future', { iat: NOW + 600 }, early],
  ['exp missing', { exp: undefined }, invalid],
  ['nbf missing', { nbf: undefined }, invalid],
  ['ten years', { exp: NOW + 315_360_000 }, long],
  ['a lifetime of one second more than a day', { nbf: NOW - 600, exp: NOW - 600 + 86_401 }, long],
  ['an nbf of 1970', { nbf: 0 }, long],
  ['exp in milliseconds', { exp: NOW * 1000 }, long],
  ['exp in milliseconds as text', { exp: String(NOW * 1000) }, invalid],
]

const dates: readonly [name: string, value: unknown][] = [
  ['hexadecimal', `0x${(NOW + 600).toString(16)}`],
  ['a float in a text', `${NOW + 600}.5`],
  ['9e9 in a text', '9e9'],
  ['after a space', ` ${NOW + 600}`],
  ['before a space', `${NOW + 600} `],
  ['before a newline', `${NOW + 600}\n`],
  ['with a plus sign', `+${NOW + 600}`],
  ['negative in a text', '-1'],
  ['negative', -1],
  ['empty', ''],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['of 40 digits', '9'.repeat(40)],
  ['of 13 digits', '1'.repeat(13)],
  ['with separators', '1,798,764,000'],
  ['an underscored number', '1_798_764_000'],
  ['in Arabic digits', '١٧٩٨٧٦٤٠٠٠'],
  ['an ISO date', '2027-01-01T01:00:00Z'],
  ['/Date()/', `/Date(${NOW * 1000})/`],
  ['null', null],
  ['true', true],
  ['a list', [NOW + 600]],
  ['an object', { seconds: NOW + 600 }],
]

/** The same change in the outer token, in the actor token, and in an actor token that comes on its own. */
function everywhere(name: string, change: Change, code: AttackCase['code']): AttackCase[] {
  return [
    { name: `${name}, in the outer token`, token: forgeOuter({ claims: change }), status: 401, code },
    {
      name: `${name}, in the actor token`,
      token: forgeOuter({ claims: { actortoken: forgeActor({ claims: change }) } }),
      status: 401,
      code,
    },
    { name: `${name}, app-only`, token: forgeActor({ claims: change }), status: 401, code },
  ]
}

/** `1e999` cannot be written by JSON.stringify: the text is patched. */
function patched(claims: Change): string {
  return JSON.stringify(claims).replace(/"exp":"?\d+"?/, '"exp":1e999')
}
const endlessInput = `${encodePart(actorHeader)}.${encodePart(patched(actorClaims))}`
const endlessActor = `${endlessInput}.${signText(endlessInput, 'RS256', farm.certificate.privateKey).toString('base64url')}`

describeAttack('a token outside its lifetime', { s2s: world.options, resources }, [
  ...windows.flatMap(([name, change, code]) => everywhere(`row 50: ${name}`, change, code)),
  ...dates.flatMap(([name, value]) => [
    ...everywhere(`row 52: exp ${name}`, { exp: value }, invalid),
    ...everywhere(`row 52: nbf ${name}`, { nbf: value }, invalid).slice(0, 2),
  ]),
  { name: 'row 52: exp 1e999 in the actor token', token: endlessActor, status: 401, code: invalid },
  {
    name: 'row 52: exp 1e999 in the outer token',
    token: compact({ typ: 'JWT', alg: 'none' }, patched(outerClaims)),
    status: 401,
    code: invalid,
  },
  ...everywhere('row 52: exp 9e9 as number', { exp: 9e9 }, long),
  ...everywhere('row 52: exp 1e300', { exp: 1e300 }, long),
  ...everywhere('row 52: exp of twelve digits', { exp: '9'.repeat(12) }, long),
])

const endsAt = (expiresAt: number) => (principal: { token: { expiresAt: number } }) => {
  assert.equal(principal.token.expiresAt, expiresAt)
}
const pair = (outerEnd: unknown, actorEnd: unknown): string =>
  forgeOuter({ claims: { exp: outerEnd, actortoken: forgeActor({ claims: { exp: actorEnd } }) } })

describeAccepted('a token within its lifetime', { s2s: world.options, resources }, [
  {
    name: 'row 51: an outer token that outlives its actor',
    token: pair(NOW + 3000, NOW + 300),
    check: endsAt(NOW + 300),
  },
  { name: 'row 51: an outer token that ends first', token: pair(NOW + 300, NOW + 3000), check: endsAt(NOW + 300) },
  {
    name: 'row 51: an actor that has only its tolerance left',
    token: pair(NOW + 3000, String(NOW - 59)),
    check: endsAt(NOW - 59),
  },
  { name: 'texts and numbers mixed', token: pair(String(NOW + 300), NOW + 400), check: endsAt(NOW + 300) },
  {
    name: 'a lifetime of exactly a day, begun twelve hours ago, with a later iat',
    token: forgeActor({ claims: { nbf: NOW - 43_200, exp: NOW + 43_200, iat: NOW } }),
  },
  { name: 'a clock that is sixty seconds ahead', token: forgeActor({ claims: { nbf: NOW + 60 } }) },
])
