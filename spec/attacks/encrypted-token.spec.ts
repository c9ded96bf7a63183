import { createPublicKey } from 'node:crypto'
import { CompactEncrypt, GeneralSign } from 'jose'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, encodePart, forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const good = await oauth.token({ claims: { scope: 'reports.read' } })
const claims = readClaims(good)
const { privateKey, publicKey } = oauth.keyPair('RS256')
const certificateKey = createPublicKey(farm.certificate.certificatePem)

const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const
const refused = { status: 401, code: 'ERR_S2S_HEADER_NOT_ALLOWED' } as const

/** Really encrypted to our issuer's public key: who decrypts and believes is CVE-2026-29000. */
function encrypted(text: string, header: object = {}, key = publicKey): Promise<string> {
  return new CompactEncrypt(Buffer.from(text))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', ...header })
    .encrypt(key)
}

/** Five segments that would keep a decrypting reader busy. */
function fiveSegments(header: object): string {
  return `${encodePart(header)}.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA`
}

const pbes2 = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'AAAAAAAAAAAAAAAA' }

describeAttack('an encrypted token', app, [
  { name: 'row 20: a JWE around the claims', token: await encrypted(JSON.stringify(claims)), ...malformed },
  {
    name: 'row 20: a JWE around an unsigned token',
    token: await encrypted(compact({ alg: 'none' }, claims), { cty: 'JWT' }),
    ...malformed,
  },
  { name: 'row 20: a JWE around a good token', token: await encrypted(good, { cty: 'JWT' }), ...malformed },
  {
    name: 'row 20: a JWE named JWT',
    token: await encrypted(JSON.stringify(claims), { typ: 'JWT', kid: 'RS256-0' }),
    ...malformed,
  },
  { name: 'row 20: a compressed JWE', token: fiveSegments({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' }), ...malformed },
  { name: 'row 20: PBES2 with p2c 2,000,000,000', token: fiveSegments({ ...pbes2, p2c: 2_000_000_000 }), ...malformed },
  { name: 'row 20: PBES2 with p2c 1e308', token: fiveSegments({ ...pbes2, p2c: 1e308 }), ...malformed },
  { name: 'row 20: ECDH-ES', token: fiveSegments({ alg: 'ECDH-ES', enc: 'A256GCM', epk: {} }), ...malformed },
  {
    name: 'row 20: five segments with the header of a good token',
    token: `${good.split('.')[0] ?? ''}.a.a.a.a`,
    ...malformed,
  },
  {
    name: 'row 20: a JWE with three segments',
    token: compact({ alg: 'RSA-OAEP-256', enc: 'A256GCM' }, claims, 'AAAA'),
    ...refused,
  },
  {
    name: 'row 20: PBES2 with three segments',
    token: compact({ ...pbes2, p2c: 2_000_000_000 }, claims, 'AAAA'),
    ...refused,
  },
  {
    name: 'row 20: PBES2 with three segments, no enc',
    token: compact({ alg: 'PBES2-HS256+A128KW', p2c: 2_000_000_000 }, claims, 'AAAA'),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  {
    name: 'row 20: a JWE as actor token',
    token: await farm.userToken({ ...dana }, await encrypted(await farm.actorToken(), { cty: 'JWT' }, certificateKey)),
    ...malformed,
  },
])

/** Signed by the trusted issuer around another token. */
function nested(header: object, payload: string | object): string {
  const fields = { alg: 'RS256', kid: 'RS256-0', ...header }
  return forgedJwt({ header: fields, claims: payload, algorithm: 'RS256', key: privateKey })
}

describeAttack('a token inside a signed token', app, [
  { name: 'row 20: cty JWT around a good token', token: nested({ cty: 'JWT' }, good), ...refused },
  { name: 'row 20: cty jwt around the claims', token: nested({ cty: 'jwt' }, claims), ...refused },
  { name: 'row 20: cty JSON', token: nested({ cty: 'json' }, claims), ...refused },
  { name: 'row 20: cty null', token: nested({ cty: null }, claims), ...refused },
  { name: 'row 20: without cty, around a good token', token: nested({}, good), ...malformed },
  { name: 'row 20: without cty, around a token in quotes', token: nested({}, JSON.stringify(good)), ...malformed },
  { name: 'row 20: around an unsigned token', token: nested({}, compact({ alg: 'none' }, claims)), ...malformed },
  {
    name: 'row 20: cty JWT around an unsigned token',
    token: nested({ cty: 'JWT' }, compact({ alg: 'none' }, claims)),
    ...refused,
  },
])

const flattened = { payload: encodePart(claims), protected: good.split('.')[0], signature: good.split('.')[2] }
const general = await new GeneralSign(Buffer.from(JSON.stringify(claims)))
  .addSignature(privateKey)
  .setProtectedHeader({ alg: 'RS256', kid: 'RS256-0' })
  .sign()
const serialised: Readonly<Record<string, object>> = {
  'JSON serialisation, flattened': flattened,
  'JSON serialisation, general': general,
  'JSON serialisation, no signatures': { payload: flattened.payload, signatures: [] },
  'JSON serialisation, unprotected header': { payload: flattened.payload, header: { alg: 'none' }, signature: '' },
}

describeAttack('a token in JSON serialisation', app, [
  ...Object.entries(serialised).flatMap(([name, object]): AttackCase[] => [
    { name: `row 20: ${name}, encoded`, token: encodePart(object), ...malformed },
    {
      name: `row 20: ${name}, as the payload of a token`,
      token: nested({}, object),
      status: 401,
      code: 'ERR_S2S_CLAIM_INVALID',
    },
  ]),
  ...(await Promise.all(
    Object.entries(serialised).map(async ([name, object]): Promise<AttackCase> => {
      const token = await farm.userToken({ ...dana }, JSON.stringify(object))
      return { name: `row 20: ${name}, as actor token`, token, ...malformed }
    }),
  )),
])
