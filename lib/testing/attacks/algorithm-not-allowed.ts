import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const unusable = 'ERR_S2S_KEY_UNUSABLE'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const common = {
  family: 'algorithm-not-allowed',
  cve: 'CVE-2016-10555',
  reason: 'the token chooses its algorithm, instead of a list of the application and the key itself',
} as const

const senselessAlgorithms: Oddities = {
  missing: undefined,
  'the empty text': '',
  null: null,
  'the number 0': 0,
  'the number 256': 256,
  true: true,
  false: false,
  'an empty list': [],
  'a list with RS256': ['RS256'],
  'a list with none': ['none'],
  'an object': { alg: 'RS256' },
  'an object that turns into text': { toString: 'RS256' },
  'lower case': 'rs256',
  'mixed case': 'Rs256',
  'a space behind': 'RS256 ',
  'a space in front': ' RS256',
  'a zero byte behind': 'RS256\0',
  'a line break behind': 'RS256\n',
  'a name nobody knows': 'RS257',
  'RSA-SHA256': 'RSA-SHA256',
  'the name of the hash': 'SHA256',
  RS1: 'RS1',
  ES256K: 'ES256K',
  HS1: 'HS1',
  ['__proto__']: '__proto__',
  constructor: 'constructor',
  toString: 'toString',
  hasOwnProperty: 'hasOwnProperty',
  'RSA-OAEP, of encryption': 'RSA-OAEP',
  'RSA-OAEP-256, of encryption': 'RSA-OAEP-256',
  'RSA1_5, of encryption': 'RSA1_5',
  'dir, of encryption': 'dir',
  'A256KW, of encryption': 'A256KW',
  'ECDH-ES, of encryption': 'ECDH-ES',
  'PBES2-HS256+A128KW, of encryption': 'PBES2-HS256+A128KW',
  'ML-DSA-44': 'ML-DSA-44',
  'an address': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'a thousand characters': 'RS256'.repeat(200),
}

/** Every token here is really signed with a key of the issuer, whatever the header says. */
export const algorithmNotAllowed: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ claims, sign, ec, issuer: { keys } }) => {
    const kid = keys.RS256.kid
    const ecKid = keys.ES256.kid
    const byEc = { algorithm: 'ES256', key: ec }
    return [
      ...rowsOf(senselessAlgorithms, (name, alg) => [`alg ${name}`, sign({ alg, kid }, claims), notAllowed]),
      ['a header without members', sign({}, claims), notAllowed],
      ['alg with a capital A', sign({ Alg: 'RS256', kid }, claims), notAllowed],
      ['alg below __proto__', sign('{"__proto__":{"alg":"RS256"}}', claims), malformed],
      ['alg as the member name __proto__', sign('{"alg":"RS256","__proto__":1}', claims), malformed],
      ['RS256 with an EC kid', sign({ alg: 'RS256', kid: ecKid }, claims), unusable],
      ['RS256 with an EC kid and EC signature', sign({ alg: 'RS256', kid: ecKid }, claims, byEc), unusable],
      ['ES256 with an RSA kid', sign({ alg: 'ES256', kid }, claims), unusable],
      ['ES256 with an RSA kid and EC signature', sign({ alg: 'ES256', kid }, claims, byEc), unusable],
      ...['RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg): AttackRow => [
        `${alg} on an RS256 JWK`,
        sign({ alg, kid }, claims, { algorithm: alg }),
        notAllowed,
      ]),
      ...['ES384', 'ES512', 'EdDSA', 'Ed25519'].map((alg): AttackRow => [
        `${alg} on an ES256 JWK`,
        sign({ alg, kid: ecKid }, claims, byEc),
        notAllowed,
      ]),
    ]
  },
}

/** For S2S issuers. */
export const algorithmNotAllowedS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ forgeApp }) => [
    ...['RS384', 'RS512', 'PS256', 'ES256'].map((alg): AttackRow => [
      `${alg} with the key of a farm's certificate`,
      forgeApp({ header: { alg }, algorithm: alg === 'ES256' ? 'RS256' : alg }),
      notAllowed,
    ]),
    ...rowsOf(senselessAlgorithms, (name, alg): AttackRow => [
      `alg ${name}, of a farm`,
      forgeApp({ header: { alg } }),
      notAllowed,
    ]),
  ],
}
