import { createHash, type JsonWebKey } from 'node:crypto'
import { makeKeyPair, publicKeyToPem } from '../support/key-pairs.ts'
import { describeMetadataAttack, type AttackPlace, type MetadataCase } from '../support/metadata-attack.ts'
import { encodePart, forgedJwt, readClaims } from '../support/tokens.ts'

const secret = Buffer.from('a secret of more than thirty-two bytes')
const weak = makeKeyPair('rsa1024')
const edwards = makeKeyPair('ed25519')
const symmetric = { kty: 'oct', k: secret.toString('base64url'), kid: 'weak' }

async function claimsFor({ oauth }: AttackPlace): Promise<object> {
  return readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
}

/** The honest keys, and one more. */
function beside(key: object | null): (place: AttackPlace) => object {
  return ({ oauth }) => ({ keys: [key, ...oauth.jwks().keys] })
}

function withSecret(kid: string, key: (place: AttackPlace) => string | Buffer): NonNullable<MetadataCase['token']> {
  return async (place) =>
    forgedJwt({
      header: { alg: 'HS256', typ: 'at+jwt', kid },
      claims: await claimsFor(place),
      algorithm: 'HS256',
      key: key(place),
    })
}

/** With the exponent 1 a signature is its own message: anybody can write one. */
async function unsignedBy(place: AttackPlace): Promise<string> {
  const header = { alg: 'RS256', typ: 'at+jwt', kid: 'weak' }
  const input = `${encodePart(header)}.${encodePart(await claimsFor(place))}`
  const prefix = Buffer.from('003031300d060960864801650304020105000420', 'hex')
  const tail = Buffer.concat([prefix, createHash('sha256').update(input).digest()])
  const padded = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - 2 - tail.length, 0xff), tail])
  return `${input}.${padded.toString('base64url')}`
}

const exponentOne = (place: AttackPlace): JsonWebKey => ({ ...place.oauth.jwks().keys[0], e: 'AQ', kid: 'weak' })
const jwkOf = (pair: typeof weak): JsonWebKey => pair.publicKey.export({ format: 'jwk' })
const withoutAlg = ({ oauth }: AttackPlace): object => ({
  keys: oauth.jwks().keys.map(({ alg: _alg, ...key }) => key),
})
const unknown = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' } as const
const notAllowed = { status: 401, code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED' } as const

describeMetadataAttack('a key set with keys that are too weak', [
  { name: 'row 69: a symmetric key alone', keySet: () => ({ keys: [symmetric] }) },
  { name: 'row 69: RSA 1024 alone', keySet: () => ({ keys: [{ ...jwkOf(weak), kid: 'weak' }] }) },
  { name: 'row 69: the exponent 1 alone', keySet: (place) => ({ keys: [exponentOne(place)] }) },
  {
    name: 'row 69: HS256 with a symmetric key of the set',
    keySet: beside(symmetric),
    token: withSecret('weak', () => secret),
    ...notAllowed,
  },
  {
    name: 'row 69: HS256 with the public key of a JWK without alg',
    keySet: withoutAlg,
    token: withSecret('RS256-0', ({ oauth }) => publicKeyToPem(oauth.keyPair('RS256').publicKey)),
    ...notAllowed,
  },
  {
    name: 'row 69: RSA 1024 beside good keys',
    keySet: beside({ ...jwkOf(weak), kid: 'weak' }),
    token: async (place) => signedByWeak(await claimsFor(place)),
    ...unknown,
  },
  {
    name: 'row 69: a token that nobody signed, for a key with the exponent 1',
    keySet: (place) => ({ keys: [exponentOne(place), ...place.oauth.jwks().keys] }),
    token: unsignedBy,
    ...unknown,
  },
])

function signedByWeak(claims: object): string {
  return forgedJwt({
    header: { alg: 'RS256', typ: 'at+jwt', kid: 'weak' },
    claims,
    algorithm: 'RS256',
    key: weak.privateKey,
  })
}

const unusable: Readonly<Record<string, object | null>> = {
  'ML-DSA': { kty: 'AKP', alg: 'ML-DSA-65', pub: 'A'.repeat(2603), kid: 'new' },
  'a curve that nobody knows': { kty: 'EC', crv: 'P-999', x: 'AA', y: 'AA', kid: 'new' },
  'the same kid, for encryption': { ...jwkOf(weak), use: 'enc', kid: 'RS256-0' },
  'the same kid, symmetric': { ...symmetric, kid: 'RS256-0' },
  'the same kid, RSA 1024': { ...jwkOf(weak), kid: 'RS256-0' },
  'another kind under the same kid': { ...jwkOf(edwards), kid: 'RS256-0' },
  nothing: null,
}

describeMetadataAttack('a key set with keys that cannot be used, and good ones', [
  ...Object.entries(unusable).map(([name, key]) => ({
    name: `row 70: ${name}`,
    keySet: beside(key),
    status: 200 as const,
  })),
  { name: 'row 70: no alg, as Azure writes it', keySet: withoutAlg, status: 200 },
  {
    name: 'row 70: a public key in another member order and with members nobody knows',
    keySet: ({ oauth }) => ({ keys: oauth.jwks().keys.map((key) => ({ x5c: ['!'], 'x-new': {}, ...key })), more: 1 }),
    status: 200,
  },
])
