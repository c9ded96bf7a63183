import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { forgedJwt, readClaims, signText, type TokenPart } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const key = oauth.keyPair('RS256').privateKey
const header = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt' }
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const headerText = JSON.stringify(header)
const claimsText = JSON.stringify(claims)

const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

/** Every token here is signed by the trusted issuer: only the reading can refuse it. */
function signed(first: TokenPart, second: TokenPart): string {
  return forgedJwt({ header: first, claims: second, algorithm: 'RS256', key })
}

function signedBytes(first: Buffer, second: Buffer): string {
  const signingInput = `${first.toString('base64url')}.${second.toString('base64url')}`
  return `${signingInput}.${signText(signingInput, 'RS256', key).toString('base64url')}`
}

/** The same fault once in the header and once in the payload. */
function inBoth(name: string, spoil: (text: string) => string | Buffer): AttackCase[] {
  const [spoiltHeader, spoiltClaims] = [Buffer.from(spoil(headerText)), Buffer.from(spoil(claimsText))]
  return [
    { name: `${name}, in the header`, token: signedBytes(spoiltHeader, Buffer.from(claimsText)), ...malformed },
    { name: `${name}, in the payload`, token: signedBytes(Buffer.from(headerText), spoiltClaims), ...malformed },
  ]
}

const insideFirst = (text: string, more: string): string => `{${more},${text.slice(1)}`
const insideLast = (text: string, more: string): string => `${text.slice(0, -1)},${more}}`
const bytes = (text: string, ...more: number[]): Buffer =>
  Buffer.concat([Buffer.from(insideLast(text, '"a":"')).subarray(0, -1), Buffer.of(...more), Buffer.from('"}')])

describeAttack('a part that is no JSON object', app, [
  ...Object.entries({
    'a list': (text: string) => `[${text}]`,
    'an empty list': () => '[]',
    'a text': (text: string) => JSON.stringify(text),
    'a number': () => '7',
    null: () => 'null',
    true: () => 'true',
    'white space': () => '  ',
    'nothing but a word': () => 'alg',
    'not closed': (text: string) => text.slice(0, -1),
    'a comma at the end': (text: string) => `${text.slice(0, -1)},}`,
    'single quotes': (text: string) => text.replaceAll('"', "'"),
    'names without quotes': (text: string) => text.replace(/"(\w+)":/g, '$1:'),
    'a comment': (text: string) => `/* */${text}`,
    NaN: (text: string) => insideLast(text, '"a":NaN'),
    Infinity: (text: string) => insideLast(text, '"a":Infinity'),
    'a hexadecimal number': (text: string) => insideLast(text, '"a":0x10'),
    'a number with a leading zero': (text: string) => insideLast(text, '"a":010'),
    'a line break inside a text': (text: string) => insideLast(text, '"a":"b\nc"'),
    'a zero byte inside a text': (text: string) => insideLast(text, '"a":"b\0c"'),
    'trailing bytes': (text: string) => `${text}x`,
    'a trailing zero byte': (text: string) => `${text}\0`,
    'a second object behind it': (text: string) => `${text}{}`,
    'a second object on another line': (text: string) => `${text}\n${text}`,
    'a form': () => 'alg=RS256&iss=a',
    XML: () => '<alg>RS256</alg>',
    CBOR: () => Buffer.of(0xa1, 0x01, 0x26),
  }).flatMap(([name, spoil]) => inBoth(`row 26: ${name}`, spoil)),
])

describeAttack('a part that is not UTF-8', app, [
  ...Object.entries({
    'a byte order mark': (text: string) => `\ufeff${text}`,
    'two byte order marks': (text: string) => `\ufeff\ufeff${text}`,
    'UTF-16': (text: string) => Buffer.from(text, 'utf16le'),
    'a stray byte': (text: string) => bytes(text, 0xff),
    'a continuation without a start': (text: string) => bytes(text, 0x80),
    'a cut sequence': (text: string) => bytes(text, 0xe2, 0x82),
    'an overlong slash': (text: string) => bytes(text, 0xc0, 0xaf),
    'an overlong zero byte': (text: string) => bytes(text, 0xc0, 0x80),
    'a surrogate': (text: string) => bytes(text, 0xed, 0xa0, 0x80),
    'beyond U+10FFFF': (text: string) => bytes(text, 0xf4, 0x90, 0x80, 0x80),
    'latin-1': (text: string) => bytes(text, 0xe9),
  }).flatMap(([name, spoil]) => inBoth(`row 26: ${name}`, spoil)),
])

describeAttack('a member that occurs twice', app, [
  ...['alg', 'kid', 'typ'].flatMap((name): AttackCase[] => [
    {
      name: `row 27: "${name}" first`,
      token: signed(insideFirst(headerText, `"${name}":"none"`), claims),
      ...malformed,
    },
    { name: `row 27: "${name}" last`, token: signed(insideLast(headerText, `"${name}":"none"`), claims), ...malformed },
  ]),
  ...['iss', 'aud', 'exp', 'scope', 'client_id', 'jti'].flatMap((name): AttackCase[] => {
    const same = JSON.stringify(claims[name])
    const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
    return [
      {
        name: `row 27: "${name}" first`,
        token: signed(header, insideFirst(claimsText, `"${name}":"other"`)),
        ...malformed,
      },
      {
        name: `row 27: "${name}" last`,
        token: signed(header, insideLast(claimsText, `"${name}":"other"`)),
        ...malformed,
      },
      {
        name: `row 27: "${name}", the same value`,
        token: signed(header, insideLast(claimsText, `"${name}":${same}`)),
        ...malformed,
      },
      {
        name: `row 27: "${name}" escaped, first`,
        token: signed(header, insideFirst(claimsText, `"${escaped}":1`)),
        ...malformed,
      },
      {
        name: `row 27: "${name}" escaped, last`,
        token: signed(header, insideLast(claimsText, `"${escaped}":${same}`)),
        ...malformed,
      },
      {
        name: `row 27: "${name}" with an object full of members`,
        token: signed(header, insideFirst(claimsText, `"${name}":{"a":1,"b":{"c":2}}`)),
        ...malformed,
      },
    ]
  }),
  { name: 'row 27: a claim nobody reads', token: signed(header, insideLast(claimsText, '"a":1,"a":1')), ...malformed },
  {
    name: 'row 27: deep inside',
    token: signed(header, insideLast(claimsText, '"a":[{"b":{"c":1,"c":2}}]')),
    ...malformed,
  },
  { name: 'row 27: the empty name', token: signed(header, insideLast(claimsText, '"":1,"":2')), ...malformed },
  {
    name: 'row 27: a name with an escaped quote',
    token: signed(header, insideLast(claimsText, '"a\\"":1,"a\\u0022":2')),
    ...malformed,
  },
  {
    name: 'row 27: colons in a text do not make up for it',
    token: signed(header, insideLast(claimsText, '"a":"::::","a":"\\":\\":"')),
    ...malformed,
  },
])

const named = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`claim${index}`, index]))
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describeAttack('JSON that costs more than it says', app, [
  {
    name: 'row 28: 2,500 lists in each other',
    token: signed(header, insideLast(claimsText, `"a":${nested(2_500)}`)),
    ...malformed,
  },
  {
    name: 'row 28: 1,000 objects in each other',
    token: signed(header, insideLast(claimsText, `"a":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`)),
    ...malformed,
  },
  {
    name: 'row 28: 2,500 lists that are never closed',
    token: signed(header, `{"a":${'['.repeat(2_500)}`),
    ...malformed,
  },
  { name: 'row 28: 33 levels', token: signed(header, insideLast(claimsText, `"a":${nested(32)}`)), ...malformed },
  {
    name: 'row 28: deep in the header',
    token: signed(insideLast(headerText, `"a":${nested(2_500)}`), claims),
    ...malformed,
  },
  {
    name: 'row 28: __proto__',
    token: signed(header, insideLast(claimsText, '"__proto__":{"admin":true}')),
    ...malformed,
  },
  {
    name: 'row 28: __proto__ escaped',
    token: signed(header, insideLast(claimsText, '"\\u005f_proto__":{"admin":true}')),
    ...malformed,
  },
  {
    name: 'row 28: __proto__ deep inside',
    token: signed(header, insideLast(claimsText, '"a":{"__proto__":{"admin":true}}')),
    ...malformed,
  },
  {
    name: 'row 28: __proto__ of the header',
    token: signed(insideLast(headerText, '"__proto__":{"admin":true}'), claims),
    ...malformed,
  },
  {
    name: 'row 28: backslashes without end',
    token: signed(header, insideLast(claimsText, `"a":"${'\\'.repeat(4_001)}"`)),
    ...malformed,
  },
])

describeAccepted('JSON that only looks strange', app, [
  { name: 'row 28: 400 claims', token: signed(header, { ...claims, ...named(400) }) },
  { name: 'row 28: 32 levels', token: signed(header, insideLast(claimsText, `"a":${nested(31)}`)) },
  {
    name: 'row 28: constructor and prototype',
    token: signed(header, insideLast(claimsText, '"constructor":{"prototype":{"admin":true}}')),
  },
  {
    name: 'row 28: names of Object.prototype',
    token: signed(header, { ...claims, toString: 'a', valueOf: 1, hasOwnProperty: null }),
  },
  {
    name: 'colons, brackets and quotes in texts',
    token: signed(header, { ...claims, a: '{"a":[:]}\\"', 'b:"': '\\\\' }),
  },
  {
    name: 'white space between the members',
    token: signed(JSON.stringify(header, null, 2), JSON.stringify(claims, null, 2)),
  },
])

it('row 28: Object.prototype is as it was', () => {
  assert.equal(({} as Record<string, unknown>)['admin'], undefined)
  assert.deepEqual(Object.keys(Object.prototype), [])
})
