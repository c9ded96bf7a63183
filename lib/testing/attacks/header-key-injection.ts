import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { CommonSetup, OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const refused = 'ERR_S2S_HEADER_NOT_ALLOWED'
const unknown = 'ERR_S2S_KEY_UNKNOWN'
const invalid = 'ERR_S2S_SIGNATURE_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const common = {
  family: 'header-key-injection',
  cve: 'CVE-2018-0114',
  reason: 'the token brings the key that verifies it, or says where one lies',
} as const

/** Header parameters that bring a key, or say where one lies. */
function keyParameters({ attacker, attackerUrl }: CommonSetup, kid: unknown): Readonly<Record<string, object>> {
  const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }
  const plainUrl = attackerUrl.replace('https', 'http')
  const userinfo = attackerUrl.replace('https://', 'https://login.example.com@')
  const x5c = [attacker.derBase64]
  return {
    jwk: { jwk },
    'jwk of HMAC': { jwk: { kty: 'oct', k: 'c2VjcmV0' } },
    'jwk null': { jwk: null },
    'jku over https': { jku: `${attackerUrl}/jwks` },
    'jku over http': { jku: `${plainUrl}/jwks` },
    'jku with the name of the issuer as userinfo': { jku: `${userinfo}/jwks` },
    'jku with a fragment': { jku: `${attackerUrl}/jwks#https://login.example.com` },
    'jku as a list': { jku: [`${attackerUrl}/jwks`] },
    'jku of a file': { jku: 'file:///etc/passwd' },
    'jku of the metadata service': { jku: 'http://169.254.169.254/latest/meta-data/' },
    'jku as data': { jku: `data:application/json,${JSON.stringify({ keys: [jwk] })}` },
    x5u: { x5u: `${attackerUrl}/key.pem` },
    'x5u over http': { x5u: `${plainUrl}/key.pem` },
    x5c: { x5c },
    'x5c as a text': { x5c: attacker.derBase64 },
    'x5c empty': { x5c: [] },
    'jwk, jku, x5u and x5c together': { jwk, jku: `${attackerUrl}/jwks`, x5u: `${attackerUrl}/key.pem`, x5c },
  }
}

/** For OAuth issuers. */
export const headerKeyInjection: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => {
    const { attacker, attackerUrl, claims, forge, sign } = setup
    const { kid } = setup.header
    const byAttacker = (header: object): string =>
      sign({ alg: 'RS256', ...header }, claims, { key: attacker.privateKey })
    const jwk = { ...attacker.publicKey.export({ format: 'jwk' }), kid }
    return [
      ...Object.entries(keyParameters(setup, kid)).flatMap(([name, header]): AttackRow[] => [
        [`${name}, known kid`, byAttacker({ ...header, kid }), refused],
        [`${name}, no kid`, byAttacker(header), refused],
        [`${name}, a kid of its own`, byAttacker({ ...header, kid: 'mine' }), refused],
        [`${name}, under a trusted signature`, forge({ header: { ...header } }), refused],
      ]),
      ['x5t of the attacker', byAttacker({ x5t: attacker.x5t }), invalid],
      ['x5t of the attacker, known kid', byAttacker({ x5t: attacker.x5t, kid }), invalid],
      ['the kid is an address', byAttacker({ kid: `${attackerUrl}/jwks` }), unknown],
      ['the kid is a plain address', byAttacker({ kid: `${attackerUrl.replace('https', 'http')}/jwks` }), unknown],
      ['the kid leads to another path', byAttacker({ kid: '../../attacker/jwks' }), unknown],
      ['the kid is a file', byAttacker({ kid: '/dev/null' }), unknown],
      ['the kid is a JWK', byAttacker({ kid: jwk }), malformed],
      ['the kid is the text of a JWK', byAttacker({ kid: JSON.stringify({ kty: 'oct' }) }), unknown],
      ['the kid is a PEM', byAttacker({ kid: '-----BEGIN PUBLIC KEY-----' }), unknown],
      ['the kid is SQL', byAttacker({ kid: "x' UNION SELECT 'secret" }), unknown],
      ['the kid is __proto__', byAttacker({ kid: '__proto__' }), unknown],
      ['the kid is empty', byAttacker({ kid: '' }), unknown],
      ['the kid is a list', byAttacker({ kid: [kid] }), malformed],
      ['the kid is a number', byAttacker({ kid: 0 }), malformed],
      ['the kid is null', byAttacker({ kid: null }), malformed],
    ]
  },
}

/** For S2S issuers. */
export const headerKeyInjectionS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: (setup) => {
    const { attacker, certificate, forgeApp } = setup
    const byAttacker = (header: object): string => forgeApp({ header: { ...header }, key: attacker.privateKey })
    return [
      ...rowsOf(keyParameters(setup, certificate.x5t), (name, header) => [
        `${name}, of a farm`,
        byAttacker(header),
        refused,
      ]),
      ['x5t of the attacker, of a farm', byAttacker({ x5t: attacker.x5t }), unknown],
      ['x5t#S256 of the attacker, of a farm', byAttacker({ x5t: undefined, 'x5t#S256': attacker.x5tS256 }), unknown],
      ['x5t of the farm beside x5t#S256 of the attacker', byAttacker({ 'x5t#S256': attacker.x5tS256 }), unknown],
      [
        'x5t of the attacker beside x5t#S256 of the farm',
        byAttacker({ x5t: attacker.x5t, 'x5t#S256': certificate.x5tS256 }),
        unknown,
      ],
    ]
  },
}
