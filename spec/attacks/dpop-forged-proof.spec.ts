import { createHmac, hash } from 'node:crypto'
import {
  createTestDpopKey,
  createTestKeyPair,
  forgeToken,
  type TestKeyType,
  type TestProofOptions,
} from 'passport-s2s/testing'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { dpopHeaders, makeDpopCaller, origin, reports } from '../support/dpop-caller.ts'

const { options, key, token: makeToken, proof } = await makeDpopCaller()
const token = await makeToken()
const otherToken = await makeToken()
const app = { s2s: options, resources: reports } as const
const thief = createTestDpopKey({ clock: fixedClock })
const invalid = { status: 401, code: 'ERR_S2S_DPOP_PROOF_INVALID' } as const
const notTheKey = { status: 401, code: 'ERR_S2S_TOKEN_BOUND' } as const

const withProofs = (name: string, ...proofs: readonly string[]): AttackCase => ({
  name: `RFC 9449 4.3: ${name}`,
  headers: dpopHeaders(token, ...proofs),
  ...invalid,
})

/** An honest proof but for what is said. */
const changed = (name: string, changes: Partial<TestProofOptions>): AttackCase =>
  withProofs(name, proof({ token, ...changes }))

const [header = '', claims = '', signature = ''] = proof({ token }).split('.')
const withoutMember = (jwk: object, name: string): object =>
  Object.fromEntries(Object.entries(jwk).filter(([member]) => member !== name))

describeAttack('a DPoP proof that is no JWT of its kind', app, [
  withProofs('no proof at all'),
  withProofs('two proofs, the first one good', proof({ token }), 'x.y.z'),
  withProofs('two good proofs', proof({ token }), proof({ token })),
  withProofs('two good proofs in one header', `${proof({ token })}, ${proof({ token })}`),
  withProofs('an empty proof', ''),
  withProofs('the access token itself', token),
  withProofs('garbage', 'garbage'),
  withProofs('two segments', `${header}.${claims}`),
  withProofs('four segments', `${header}.${claims}.${signature}.`),
  withProofs('no signature', `${header}.${claims}.`),
  withProofs('padding', `${header}.${claims}.${signature}==`),
  withProofs('a header that is no JSON', forgeToken({ header: '{', claims: '{}', signature })),
  withProofs(
    'a duplicate member',
    forgeToken({ header: `{"typ":"dpop+jwt","typ":"dpop+jwt"}`, claims: '{}', signature }),
  ),
  withProofs('more than 8 KiB', proof({ token, claims: { more: 'x'.repeat(8192) } })),
  changed('typ missing', { header: { typ: undefined } }),
  changed('typ JWT', { header: { typ: 'JWT' } }),
  changed('typ at+jwt', { header: { typ: 'at+jwt' } }),
  changed('typ a list', { header: { typ: ['dpop+jwt'] } }),
  changed('crit', { header: { crit: ['b64'], b64: true } }),
  changed('jku beside jwk', { header: { jku: 'https://thief.example/jwks' } }),
  changed('x5c beside jwk', { header: { x5c: ['AAAA'] } }),
  changed('alg missing', { header: { alg: undefined } }),
  changed('alg none', { header: { alg: 'none' } }),
  withProofs(
    'alg none without a signature',
    forgeToken({ header: { typ: 'dpop+jwt', alg: 'none', jwk: key.jwk }, claims, signature: '' }),
  ),
  changed('alg of another curve', { header: { alg: 'ES384' } }),
  changed('alg RS256, which is not allowed', { header: { alg: 'RS256' } }),
  changed('alg HS256 with the public key as the secret', {
    header: { alg: 'HS256' },
    algorithm: 'HS256',
    key: Buffer.from(JSON.stringify(key.jwk)),
  }),
  changed('alg EdDSA on an EC key', { header: { alg: 'EdDSA' } }),
])

describeAttack('a DPoP proof whose key is not one', app, [
  changed('jwk missing', { header: { jwk: undefined } }),
  changed('jwk a text', { header: { jwk: JSON.stringify(key.jwk) } }),
  changed('jwk a list', { header: { jwk: [key.jwk] } }),
  changed('jwk null', { header: { jwk: null } }),
  changed('jwk empty', { header: { jwk: {} } }),
  changed('jwk symmetric', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }),
  changed('jwk with its private half', {
    header: { jwk: key.keyPair.privateKey.export({ format: 'jwk' }) },
  }),
  changed('jwk with a private member of another kind', { header: { jwk: { ...key.jwk, k: 'AAAA' } } }),
  changed('jwk without y', { header: { jwk: withoutMember(key.jwk, 'y') } }),
  changed('jwk with an unknown curve', { header: { jwk: { ...key.jwk, crv: 'secp256k1' } } }),
  changed('jwk with padding in x', { header: { jwk: { ...key.jwk, x: `${String(key.jwk['x'])}=` } } }),
  changed('jwk with a longer x', { header: { jwk: { ...key.jwk, x: `AAAA${String(key.jwk['x'])}` } } }),
  changed('jwk for encryption', { header: { jwk: { ...key.jwk, use: 'enc' } } }),
  changed('jwk that may not verify', { header: { jwk: { ...key.jwk, key_ops: ['sign'] } } }),
  changed('jwk for another algorithm', { header: { jwk: { ...key.jwk, alg: 'ES384' } } }),
  changed('jwk whose alg is no text', { header: { jwk: { ...key.jwk, alg: 7 } } }),
])

describeAttack('a DPoP proof for something else', app, [
  withProofs('the signature of another proof', `${header}.${claims}.${proof({ token }).split('.')[2] ?? ''}`),
  withProofs('a changed payload', proof({ token }).replace(/\.[^.]+\./, `.${claims}.`)),
  changed('a signature of the thief under the key of the client', { key: thief.keyPair.privateKey }),
  changed('another method', { method: 'POST' }),
  changed('the method in lower case', { method: 'get' }),
  changed('htm missing', { claims: { htm: undefined } }),
  changed('htm a list', { claims: { htm: ['GET'] } }),
  changed('another path', { url: `${origin}/reports/2` }),
  changed('a path that goes on', { url: `${origin}/reports/1/` }),
  changed('a path that ends before', { url: `${origin}/reports` }),
  changed('the path in another letter case', { url: `${origin}/Reports/1` }),
  changed('the path with an encoded slash', { url: `${origin}/reports%2f1` }),
  changed('the path below another one', { url: `${origin}/x/reports/1` }),
  changed('another host', { url: 'https://evil.example/reports/1' }),
  changed('another port', { url: `${origin.replace(/:\d+$/, '')}/reports/1` }),
  changed('the host that TLS was made to', { url: 'https://localhost/reports/1' }),
  changed('plain http', { url: `${origin.replace('https', 'http')}/reports/1` }),
  changed('our host as user name', { url: `${origin}@evil.example/reports/1` }),
  changed('our host as user name before it', { url: `https://evil.example@${origin.slice(8)}/reports/1` }),
  changed('our host as the beginning of another', {
    url: `${origin.replace(/:\d+$/, '')}.evil.example:8443/reports/1`,
  }),
  changed('a backslash after the host', { claims: { htu: `${origin}\\@evil.example/reports/1` } }),
  changed('a line break in htu', { claims: { htu: `${origin}/reports/1\n` } }),
  changed('htu relative', { claims: { htu: '/reports/1' } }),
  changed('htu missing', { claims: { htu: undefined } }),
  changed('htu a list', { claims: { htu: [`${origin}/reports/1`] } }),
  changed('too old', { claims: { iat: NOW - 121 } }),
  changed('made ahead', { claims: { iat: NOW + 61 } }),
  changed('iat missing', { claims: { iat: undefined } }),
  changed('iat a text', { claims: { iat: String(NOW) } }),
  changed('iat null', { claims: { iat: null } }),
  changed('iat in milliseconds', { claims: { iat: NOW * 1000 } }),
  changed('nbf ahead', { claims: { nbf: NOW + 61 } }),
  changed('expired', { claims: { exp: NOW - 60 } }),
  changed('ath missing', { claims: { ath: undefined } }),
  changed('ath of another token', { token: otherToken }),
  changed('ath in base64', { claims: { ath: hash('sha256', token, 'base64') } }),
  changed('ath in hex', { claims: { ath: hash('sha256', token, 'hex') } }),
  changed('ath with a key', { claims: { ath: createHmac('sha256', '').update(token).digest('base64url') } }),
  changed('jti missing', { claims: { jti: undefined } }),
  changed('jti empty', { claims: { jti: '' } }),
  changed('jti a number', { claims: { jti: 7 } }),
  changed('jti of 257 characters', { claims: { jti: 'j'.repeat(257) } }),
])

const strangers: readonly TestKeyType[] = ['ec256', 'ec384', 'ec521', 'ed25519', 'rsa2048', 'rsa1024']

describeAttack(
  'a DPoP proof of another key',
  { ...app, s2s: { ...options, dpop: { algorithms: ['ES256', 'ES384', 'ES512', 'PS256', 'EdDSA'] } } },
  [
    ...strangers.map((type): AttackCase => {
      const stranger = createTestDpopKey({ clock: fixedClock, keyPair: createTestKeyPair(type) })
      return {
        name: `RFC 9449 4.3: an honest proof of a stranger's ${type} key`,
        headers: dpopHeaders(token, stranger.proof({ token, url: `${origin}/reports/1` })),
        ...notTheKey,
      }
    }),
    {
      name: "RFC 9449 4.3: the client's jwk of another letter case in x",
      headers: dpopHeaders(token, proof({ token, header: { jwk: { ...key.jwk, x: String(thief.jwk['x']) } } })),
      ...notTheKey,
    },
  ],
)

const weak = createTestDpopKey({ clock: fixedClock, type: 'rsa1024' })
const weakToken = await makeToken({ claims: { cnf: { jkt: weak.jkt } } })

describeAttack('a DPoP proof of a weak key that the token is bound to', app, [
  {
    name: 'RFC 9449 4.3: RSA of 1024 bits',
    headers: dpopHeaders(weakToken, weak.proof({ token: weakToken, url: `${origin}/reports/1` })),
    ...invalid,
  },
])
