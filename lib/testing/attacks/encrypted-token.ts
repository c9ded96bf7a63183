import type { KeyObject } from 'node:crypto'
import { CompactEncrypt, GeneralSign } from 'jose'
import { compact, encodePart, segmentsOf } from '../forge-token.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const malformed = 'ERR_S2S_TOKEN_MALFORMED'
const refused = 'ERR_S2S_HEADER_NOT_ALLOWED'

const common = {
  family: 'encrypted-token',
  cve: 'CVE-2026-29000',
  reason: 'the token is encrypted, nested or serialised otherwise, and is read as if it were signed',
} as const

/** Really encrypted to the issuer's public key: who decrypts and believes is CVE-2026-29000. */
function encrypted(text: string, key: KeyObject, header: object = {}): Promise<string> {
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', ...header })
    .encrypt(key)
}

/** Five segments that would keep a decrypting reader busy. */
function fiveSegments(header: object): string {
  return `${encodePart(header)}.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA`
}

const pbes2 = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'AAAAAAAAAAAAAAAA' }

async function encryptedRows({ claims, good, header, issuer }: OAuthSetup): Promise<AttackRow[]> {
  const key = issuer.keys.RS256.publicKey
  const text = JSON.stringify(claims)
  const jwt = { cty: 'JWT' }
  const threeSegments = (fields: object): string => compact(fields, claims, 'AAAA')
  return [
    ['a JWE around the claims', await encrypted(text, key), malformed],
    ['a JWE around an unsigned token', await encrypted(compact({ alg: 'none' }, claims), key, jwt), malformed],
    ['a JWE around a good token', await encrypted(good, key, jwt), malformed],
    ['a JWE named JWT', await encrypted(text, key, { typ: 'JWT', kid: header['kid'] }), malformed],
    ['a compressed JWE', fiveSegments({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), malformed],
    ['PBES2 with p2c 2,000,000,000', fiveSegments({ ...pbes2, p2c: 2_000_000_000 }), malformed],
    ['PBES2 with p2c 1e308', fiveSegments({ ...pbes2, p2c: 1e308 }), malformed],
    ['ECDH-ES', fiveSegments({ alg: 'ECDH-ES', enc: 'A256GCM', epk: {} }), malformed],
    ['five segments with the header of a good token', `${segmentsOf(good)[0]}.a.a.a.a`, malformed],
    ['a JWE with three segments', threeSegments({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }), refused],
    ['PBES2 with three segments', threeSegments({ ...pbes2, p2c: 2_000_000_000 }), refused],
    [
      'PBES2 with three segments, no enc',
      threeSegments({ alg: 'PBES2-HS256+A128KW', p2c: 2_000_000_000 }),
      'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    ],
  ]
}

/** Signed by the trusted issuer around another token. */
function nestedRows({ claims, good, header: { kid }, sign }: OAuthSetup): AttackRow[] {
  const nested = (header: object, payload: string | object): string => sign({ alg: 'RS256', kid, ...header }, payload)
  const unsigned = compact({ alg: 'none' }, claims)
  return [
    ['cty JWT around a good token', nested({ cty: 'JWT' }, good), refused],
    ['cty jwt around the claims', nested({ cty: 'jwt' }, claims), refused],
    ['cty JSON', nested({ cty: 'json' }, claims), refused],
    ['cty null', nested({ cty: null }, claims), refused],
    ['without cty, around a good token', nested({}, good), malformed],
    ['without cty, around a token in quotes', nested({}, JSON.stringify(good)), malformed],
    ['around an unsigned token', nested({}, unsigned), malformed],
    ['cty JWT around an unsigned token', nested({ cty: 'JWT' }, unsigned), refused],
  ]
}

async function serialised(claims: object, good: string, key: KeyObject): Promise<Readonly<Record<string, object>>> {
  const [head, , signature] = segmentsOf(good)
  const payload = encodePart(claims)
  const general = await new GeneralSign(Buffer.from(JSON.stringify(claims)))
    .addSignature(key)
    .setProtectedHeader({ alg: 'RS256', kid: 'RS256-0' })
    .sign()
  return {
    'JSON serialisation, flattened': { payload, protected: head, signature },
    'JSON serialisation, general': general,
    'JSON serialisation, no signatures': { payload, signatures: [] },
    'JSON serialisation, unprotected header': { payload, header: { alg: 'none' }, signature: '' },
  }
}

/** For OAuth issuers. */
export const encryptedToken: AttackFamily<OAuthSetup> = {
  ...common,
  rows: async (setup) => {
    const { claims, good, rsa, sign, header } = setup
    const objects = await serialised(claims, good, rsa)
    return [
      ...(await encryptedRows(setup)),
      ...nestedRows(setup),
      ...Object.entries(objects).flatMap(([name, object]): AttackRow[] => [
        [`${name}, encoded`, encodePart(object), malformed],
        [
          `${name}, as the payload of a token`,
          sign({ alg: 'RS256', kid: header['kid'] }, object),
          'ERR_S2S_CLAIM_INVALID',
        ],
      ]),
    ]
  },
}

/** For S2S issuers. */
export const encryptedS2SToken: AttackFamily<S2SSetup> = {
  ...common,
  rows: async ({ actorClaims, actorToken, certificate, wrap }) => [
    ['a JWE as actor token', wrap(await encrypted(actorToken, certificate.publicKey, { cty: 'JWT' })), malformed],
    ...rowsOf(await serialised(actorClaims, actorToken, certificate.privateKey), (name, object): AttackRow => [
      `${name}, as actor token`,
      wrap(JSON.stringify(object)),
      malformed,
    ]),
  ],
}
