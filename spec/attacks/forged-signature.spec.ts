import { describeAccepted, type AcceptedCase } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { makeOAuthIssuer, type OAuthAlgorithm } from '../support/oauth-issuer.ts'
import { compact, encodePart, flipSignatureBit, forgedJwt, readClaims, signText } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const world = await makeWorld()
const { farm, otherFarm } = world
const algorithms: OAuthAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']
const login = { issuer: 'https://login.example.com', audience: oauthAudience, clock: fixedClock, algorithms }
const oauth = makeOAuthIssuer(login)
const jwks = { keys: oauth.jwks().keys.map(({ alg: _alg, ...key }: Record<string, unknown>) => key) }
const every = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const [farmOptions, otherFarmOptions] = world.options.trustedIssuers
const app = {
  s2s: {
    ...world.options,
    trustedIssuers: [
      ...(farmOptions === undefined ? [] : [farmOptions]),
      ...(otherFarmOptions === undefined ? [] : [otherFarmOptions]),
      { type: 'static', name: 'login', issuer: oauth.issuer, jwks, algorithms: every },
    ],
  },
  resources: { 'GET /reports/:id': 'reports.read' },
} as const

const invalid = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

const good = await oauth.token({ claims: { scope: 'reports.read' } })
const claims = readClaims(good)

/** The key of the issuer that verifies `alg`, as a header names it. */
function keyName(alg: string): OAuthAlgorithm {
  if (alg.startsWith('RS')) return 'RS256'
  if (alg.startsWith('PS')) return 'PS256'
  return alg === 'Ed25519' ? 'EdDSA' : (alg as OAuthAlgorithm)
}

function honest(alg: string): string {
  const name = keyName(alg)
  const header = { alg, kid: `${name}-0`, typ: 'at+jwt' }
  return forgedJwt({ header, claims, algorithm: alg, key: oauth.keyPair(name).privateKey })
}

/** The token with its signature changed. */
function resigned(token: string, change: (signature: Buffer) => Buffer): string {
  const end = token.lastIndexOf('.') + 1
  return token.slice(0, end) + change(Buffer.from(token.slice(end), 'base64url')).toString('base64url')
}

const zero = (length: number): Buffer => Buffer.alloc(length)
const concat = (...parts: Buffer[]): Buffer => Buffer.concat(parts)
const changes: Readonly<Record<string, (signature: Buffer) => Buffer>> = {
  empty: () => zero(0),
  'one zero byte': () => zero(1),
  zero: ({ length }) => zero(length),
  one: ({ length }) => concat(zero(length - 1), Buffer.of(1)),
  'all ones': ({ length }) => Buffer.alloc(length, 0xff),
  'truncated by a byte': (signature) => signature.subarray(0, -1),
  'without its first byte': (signature) => signature.subarray(1),
  halved: (signature) => signature.subarray(0, signature.length / 2),
  'extended by a zero byte': (signature) => concat(signature, zero(1)),
  'with a leading zero byte': (signature) => concat(zero(1), signature),
  doubled: (signature) => concat(signature, signature),
  reversed: (signature) => Buffer.from(signature).reverse(),
  'with its last bit turned over': (signature) =>
    concat(signature.subarray(0, -1), Buffer.of((signature.at(-1) ?? 0) ^ 1)),
  'with a middle bit turned over': (signature) =>
    Buffer.from(signature.map((byte, index) => (index === signature.length >> 1 ? byte ^ 0x10 : byte))),
}

describeAccepted('an honest token', app, [
  ...every.map((alg): AcceptedCase => ({ name: `of ${alg}`, token: honest(alg) })),
  { name: 'of a farm', token: await farm.appOnlyToken() },
])

describeAttack('a signature that was changed', app, [
  ...every.flatMap((alg): AttackCase[] => [
    { name: `row 16: ${alg}, one bit turned over`, token: flipSignatureBit(honest(alg)), ...invalid },
    ...(/256$|EdDSA/.test(alg)
      ? Object.entries(changes).map(([name, change]) => ({
          name: `row 16: ${alg}, the signature ${name}`,
          token: resigned(honest(alg), change),
          ...invalid,
        }))
      : []),
  ]),
  { name: 'row 16: of a farm, one bit turned over', token: flipSignatureBit(await farm.appOnlyToken()), ...invalid },
])

/** The order of P-256, the only value that a careless ECDSA takes for zero. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const one = concat(zero(31), Buffer.of(1))

/** The same ECDSA signature as DER, as OpenSSL and Java write it. */
function derOf(signature: Buffer): Buffer {
  const integer = (bytes: Buffer): Buffer => {
    const start = bytes.findIndex((byte) => byte !== 0)
    const trimmed = bytes.subarray(start)
    const value = (trimmed[0] ?? 0) > 0x7f ? concat(zero(1), trimmed) : trimmed
    return concat(Buffer.of(2, value.length), value)
  }
  const body = concat(integer(signature.subarray(0, 32)), integer(signature.subarray(32)))
  return concat(Buffer.of(0x30, body.length), body)
}

const curveSignatures: Readonly<Record<string, (signature: Buffer) => Buffer>> = {
  'r = s = n': () => concat(order, order),
  'r = n, s = 0': () => concat(order, zero(32)),
  'r = 0, s = 1': () => concat(zero(32), one),
  'r = 1, s = 0': () => concat(one, zero(32)),
  'r = s = 1': () => concat(one, one),
  'r as it is, s = 0': (signature) => concat(signature.subarray(0, 32), zero(32)),
  'r = 0, s as it is': (signature) => concat(zero(32), signature.subarray(32)),
  'r and s swapped': (signature) => concat(signature.subarray(32), signature.subarray(0, 32)),
  'written as DER': derOf,
  'DER of zeros': () => Buffer.from('3006020100020100', 'hex'),
  'padded to the size of P-384': (s) => concat(zero(16), s.subarray(0, 32), zero(16), s.subarray(32)),
}

describeAttack(
  'an ECDSA signature that verifies anything (CVE-2022-21449)',
  app,
  Object.entries(curveSignatures).map(([name, change]) => ({
    name: `row 16: ES256, ${name}`,
    token: resigned(honest('ES256'), change),
    ...invalid,
  })),
)

const [header = '', payload = '', signature = ''] = good.split('.')
const otherToken = await oauth.token({ claims: { scope: 'reports.read', sub: 'somebody' } })
const attacker = makeKeyPair('rsa2048').privateKey
const attackerEc = makeKeyPair('ec256').privateKey
const sign = (fields: object, algorithm = 'RS256', key = attacker): string =>
  forgedJwt({ header: fields, claims, algorithm, key })

describeAttack('a token that was changed after it was signed', app, [
  {
    name: 'row 17: one claim more',
    token: `${header}.${encodePart({ ...claims, admin: true })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: another scope',
    token: `${header}.${encodePart({ ...claims, scope: 'admin.all' })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a space in the payload',
    token: `${header}.${encodePart(JSON.stringify(claims, null, 1))}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a longer life',
    token: `${header}.${encodePart({ ...claims, exp: Number(claims['exp']) + 60 })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: one header member more',
    token: compact({ alg: 'RS256', typ: 'at+jwt', kid: 'RS256-0', a: 1 }, claims, signature),
    ...invalid,
  },
  {
    name: 'row 17: a header without typ',
    token: compact({ alg: 'RS256', kid: 'RS256-0' }, claims, signature),
    ...invalid,
  },
  {
    name: 'row 17: the signature of another token',
    token: `${header}.${payload}.${otherToken.split('.')[2] ?? ''}`,
    ...invalid,
  },
  {
    name: 'row 17: the payload of another token',
    token: `${header}.${otherToken.split('.')[1] ?? ''}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a signature of the payload alone',
    token: `${header}.${payload}.${signText(payload, 'RS256', oauth.keyPair('RS256').privateKey).toString('base64url')}`,
    ...invalid,
  },
  {
    name: 'row 17: a signature of the decoded parts',
    token: compact(
      { alg: 'RS256', kid: 'RS256-0' },
      claims,
      signText(JSON.stringify(claims), 'RS256', oauth.keyPair('RS256').privateKey).toString('base64url'),
    ),
    ...invalid,
  },
  {
    name: 'row 17: two parts swapped',
    token: `${payload}.${header}.${signature}`,
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  { name: 'row 17: the signature first', token: `${signature}.${header}.${payload}`, ...malformed },
])

describeAttack("an attacker's key", app, [
  { name: 'row 17: RS256 under a known kid', token: sign({ alg: 'RS256', kid: 'RS256-0' }), ...invalid },
  {
    name: 'row 17: ES256 under a known kid',
    token: sign({ alg: 'ES256', kid: 'ES256-0' }, 'ES256', attackerEc),
    ...invalid,
  },
  { name: 'row 17: ES256 without kid', token: sign({ alg: 'ES256' }, 'ES256', attackerEc), ...invalid },
  {
    name: 'row 17: under a kid nobody knows',
    token: sign({ alg: 'RS256', kid: 'mine' }),
    status: 401,
    code: 'ERR_S2S_KEY_UNKNOWN',
  },
  {
    name: 'row 17: without kid among several keys',
    token: sign({ alg: 'RS256' }),
    status: 401,
    code: 'ERR_S2S_KEY_UNKNOWN',
  },
  {
    name: 'row 17: as a farm, under its thumbprint',
    token: forgedJwt({
      header: { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t },
      claims: readClaims(await farm.appOnlyToken()),
      algorithm: 'RS256',
      key: otherFarm.certificate.privateKey,
    }),
    ...invalid,
  },
])
