import type { Members } from '../token-changes.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'

const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const insideFirst = (text: string, more: string): string => `{${more},${text.slice(1)}`
const insideLast = (text: string, more: string): string => `${text.slice(0, -1)},${more}}`
const bytes = (text: string, ...more: number[]): Buffer =>
  Buffer.concat([Buffer.from(insideLast(text, '"a":"')).subarray(0, -1), Buffer.of(...more), Buffer.from('"}')])

type Spoil = (text: string) => string | Buffer

const noObjects: Readonly<Record<string, Spoil>> = {
  'a list': (text) => `[${text}]`,
  'an empty list': () => '[]',
  'a text': (text) => JSON.stringify(text),
  'a number': () => '7',
  null: () => 'null',
  true: () => 'true',
  'white space': () => '  ',
  'nothing but a word': () => 'alg',
  'not closed': (text) => text.slice(0, -1),
  'a comma at the end': (text) => `${text.slice(0, -1)},}`,
  'single quotes': (text) => text.replaceAll('"', "'"),
  'names without quotes': (text) => text.replace(/"(\w+)":/g, '$1:'),
  'a comment': (text) => `/* */${text}`,
  NaN: (text) => insideLast(text, '"a":NaN'),
  Infinity: (text) => insideLast(text, '"a":Infinity'),
  'a hexadecimal number': (text) => insideLast(text, '"a":0x10'),
  'a number with a leading zero': (text) => insideLast(text, '"a":010'),
  'a line break inside a text': (text) => insideLast(text, '"a":"b\nc"'),
  'a zero byte inside a text': (text) => insideLast(text, '"a":"b\0c"'),
  'trailing bytes': (text) => `${text}x`,
  'a trailing zero byte': (text) => `${text}\0`,
  'a second object behind it': (text) => `${text}{}`,
  'a second object on another line': (text) => `${text}\n${text}`,
  'a form': () => 'alg=RS256&iss=a',
  XML: () => '<alg>RS256</alg>',
  CBOR: () => Buffer.of(0xa1, 0x01, 0x26),
}

const noUtf8: Readonly<Record<string, Spoil>> = {
  'a byte order mark': (text) => `\ufeff${text}`,
  'two byte order marks': (text) => `\ufeff\ufeff${text}`,
  'UTF-16': (text) => Buffer.from(text, 'utf16le'),
  'a stray byte': (text) => bytes(text, 0xff),
  'a continuation without a start': (text) => bytes(text, 0x80),
  'a cut sequence': (text) => bytes(text, 0xe2, 0x82),
  'an overlong slash': (text) => bytes(text, 0xc0, 0xaf),
  'an overlong zero byte': (text) => bytes(text, 0xc0, 0x80),
  'a surrogate': (text) => bytes(text, 0xed, 0xa0, 0x80),
  'beyond U+10FFFF': (text) => bytes(text, 0xf4, 0x90, 0x80, 0x80),
  'latin-1': (text) => bytes(text, 0xe9),
}

function duplicatesOf(claims: Members, name: string): readonly [title: string, payload: string][] {
  const text = JSON.stringify(claims)
  const same = JSON.stringify(claims[name])
  const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
  return [
    [`"${name}" first`, insideFirst(text, `"${name}":"other"`)],
    [`"${name}" last`, insideLast(text, `"${name}":"other"`)],
    [`"${name}", the same value`, insideLast(text, `"${name}":${same}`)],
    [`"${name}" escaped, first`, insideFirst(text, `"${escaped}":1`)],
    [`"${name}" escaped, last`, insideLast(text, `"${escaped}":${same}`)],
    [`"${name}" with an object full of members`, insideFirst(text, `"${name}":{"a":1,"b":{"c":2}}`)],
  ]
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** Members that a payload has besides the honest ones. */
const spoilingMembers: Readonly<Record<string, string>> = {
  'a claim nobody reads': '"a":1,"a":1',
  'deep inside': '"a":[{"b":{"c":1,"c":2}}]',
  'the empty name': '"":1,"":2',
  'a name with an escaped quote': '"a\\"":1,"a\\u0022":2',
  'colons in a text do not make up for it': '"a":"::::","a":"\\":\\":"',
  '2,500 lists in each other': `"a":${nested(2_500)}`,
  '1,000 objects in each other': `"a":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`,
  '33 levels': `"a":${nested(32)}`,
  ['__proto__']: '"__proto__":{"admin":true}',
  '__proto__ escaped': '"\\u005f_proto__":{"admin":true}',
  '__proto__ deep inside': '"a":{"__proto__":{"admin":true}}',
  'backslashes without end': `"a":"${'\\'.repeat(4_001)}"`,
}

/** Every token here is signed by the trusted issuer: only the reading can refuse it. */
export const malformedJson: AttackFamily<OAuthSetup> = {
  family: 'malformed-json',
  reason: 'JSON that two readers read differently is read at all: one checks, the other believes',
  rows: ({ header, claims, sign }) => {
    const headerText = JSON.stringify(header)
    const claimsText = JSON.stringify(claims)
    const deepHeader = insideLast(headerText, `"a":${nested(2_500)}`)
    return [
      ...Object.entries({ ...noObjects, ...noUtf8 }).flatMap(([name, spoil]): AttackRow[] => [
        [`${name}, in the header`, sign(spoil(headerText), claims), malformed],
        [`${name}, in the payload`, sign(header, spoil(claimsText)), malformed],
      ]),
      ...['alg', 'kid', 'typ'].flatMap((name): AttackRow[] => [
        [`"${name}" first`, sign(insideFirst(headerText, `"${name}":"none"`), claims), malformed],
        [`"${name}" last`, sign(insideLast(headerText, `"${name}":"none"`), claims), malformed],
      ]),
      ...['iss', 'aud', 'exp', 'client_id', 'jti']
        .concat('scope' in claims ? ['scope'] : [])
        .flatMap((name) => duplicatesOf(claims, name))
        .map(([title, payload]): AttackRow => [title, sign(header, payload), malformed]),
      ...Object.entries(spoilingMembers).map(([name, member]): AttackRow => [
        name,
        sign(header, insideLast(claimsText, member)),
        malformed,
      ]),
      ['2,500 lists that are never closed', sign(header, `{"a":${'['.repeat(2_500)}`), malformed],
      ['deep in the header', sign(deepHeader, claims), malformed],
      ['__proto__ of the header', sign(insideLast(headerText, '"__proto__":{"admin":true}'), claims), malformed],
    ]
  },
}
