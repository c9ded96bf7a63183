import { NOW } from '../../support/clock.ts'

/** Header and claims: an object, or the text itself where no object has it (duplicate members, text that is not JSON). */
export type OddToken = readonly [header: object | string, claims: object | string]

/**
 * What an issuer with a correct key might sign and no verifier should take for granted. Some of it must be accepted.
 *
 * @see RFC 7515 section 4.1, RFC 7519 section 4, RFC 8725
 */
export function oddTokens(header: object, claims: object): readonly OddToken[] {
  const headers = oddHeaders.map((odd): OddToken => [withMembers(header, odd), claims])
  const payloads = oddClaims.map((odd): OddToken => [header, withMembers(claims, odd)])
  return [...headers, ...payloads, ...oddTexts(JSON.stringify(header), JSON.stringify(claims))]
}

function withMembers(members: object, changes: object): object {
  return { ...members, ...changes }
}

const oddHeaders: readonly object[] = [
  { alg: 'none' },
  { alg: 'HS256' },
  { alg: 'es256k' },
  { alg: 7 },
  { alg: undefined },
  { typ: 'dpop+jwt' },
  { typ: 'application/jwt' },
  { typ: ['JWT'] },
  { typ: null },
  { typ: '' },
  { kid: 'other' },
  { kid: 7 },
  { kid: '' },
  { kid: 'k'.repeat(1025) },
  { kid: '../../dev/null' },
  { kid: '__proto__' },
  { x5t: 7 },
  { 'x5t#S256': {} },
  { crit: ['exp'], exp: 1 },
  { crit: [] },
  { crit: ['b64'], b64: true },
  { crit: ['b64'], b64: false },
  { b64: false },
  { zip: 'DEF' },
  { enc: 'A128GCM' },
  { jku: 'https://attacker.example/jwks' },
  { jwk: { kty: 'oct', k: 'AA' } },
  { x5u: 'https://attacker.example/x5u' },
  { x5c: ['MIIB'] },
  { cty: 'JWT' },
  { actortoken: 'a.b.c' },
  { url: 'https://login.example.com', toString: 1, constructor: {} },
]

const oddClaims: readonly object[] = [
  { iss: undefined },
  { iss: 'https://attacker.example' },
  { iss: ['https://login.example.com'] },
  { iss: 'https://login.example.com/' },
  { aud: undefined },
  { aud: [] },
  { aud: 'https://other.example.com' },
  { aud: ['https://other.example.com'] },
  { aud: { 0: 'x' } },
  { aud: '' },
  { exp: undefined },
  { exp: NOW },
  { exp: NOW - 59 },
  { exp: NOW - 60 },
  { exp: NOW - 600 },
  { exp: String(NOW + 600) },
  { exp: null },
  { exp: -1 },
  { exp: NOW + 10 * 86_400 },
  { exp: NOW + 1000, nbf: NOW - 86_400 },
  { nbf: NOW + 60 },
  { nbf: NOW + 61 },
  { nbf: 'now' },
  { nbf: -5 },
  { iat: NOW + 61 },
  { iat: null },
  { iat: [NOW] },
  { iat: NOW - 86_400 },
  { sub: 7 },
  { sub: '' },
  { sub: 's'.repeat(1025) },
  { sub: 's'.repeat(1024) },
  { cnf: { jkt: 'x' } },
  { at_hash: 'x' },
  { c_hash: null },
  { events: {} },
  { actortoken: 'x' },
  { actor: 'a@b' },
  { typ: 'Refresh', token_use: 'id' },
  { constructor: 1, toString: { valueOf: [] } },
  { padding: 'p'.repeat(9000) },
  { padding: 'p'.repeat(12_000) },
]

function oddTexts(header: string, claims: string): readonly OddToken[] {
  const open = (text: string): string => text.slice(0, -1)
  const nested = (depth: number): string => `${open(claims)},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`
  return [
    [`${open(header)},"kid":"key-1"}`, claims],
    [`${open(header)},"\\u0061lg":"none"}`, claims],
    [`${open(header)},"x":{"a":1,"\\u0061":2}}`, claims],
    [`${open(header)},"__proto__":{"kid":"other"}}`, claims],
    [` ${header}\r\n`, claims],
    [`\ufeff${header}`, claims],
    [`[${header}]`, claims],
    [`${header}{}`, claims],
    [header, `${open(claims)},"exp":9999999999}`],
    [header, `${open(claims)},"e\\u0078p":9999999999}`],
    [header, `${open(claims)},"exp":1e999}`.replace(/"exp":\d+,/, '')],
    [header, `${open(claims)},"a":[{"b":{"c":1,"c":1}}]}`],
    [header, `${open(claims)},"a":{"exp":1},"b":{"exp":1}}`],
    [header, `${open(claims)},"__proto__":{"sub":"admin"}}`],
    [header, `${open(claims)},"text":"\\"{\\\\\\":[,:"}`],
    [header, `\t${claims}\n`],
    [header, `\ufeff${claims}`],
    [header, nested(31)],
    [header, nested(32)],
    [header, `[${claims}]`],
    [header, 'null'],
    [header, '"text"'],
    [header, 'It is no JSON'],
    [header, ''],
    ['', claims],
  ]
}
