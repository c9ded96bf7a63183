import { constants, sign as signBytes, type KeyObject } from 'node:crypto'
import type { KnownAlgorithm } from '../../../lib/keys/verification-key.ts'
import { NOW } from '../../support/clock.ts'
import { makeKeyPair, type KeyPair, type KeyType } from '../../support/key-pairs.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import { forgedJwt } from '../../support/tokens.ts'
import { oauthAudience } from '../../support/world.ts'
import { oddTokens } from './odd-tokens.ts'

/** The three segments of a token, as text, and perhaps what stands behind them. */
export type Segments = readonly string[]

/** What is signed once and then mutated many times, since a signature costs more than its verification. */
export interface SignedPool {
  readonly algorithm: KnownAlgorithm
  readonly keys: KeyPair
  /** Tokens with random claims that must be accepted. */
  readonly genuine: readonly Segments[]
  /** Correctly signed, with headers and claims of all kinds: some must be accepted, some not. */
  readonly odd: readonly Segments[]
  /** A token whose signature begins with a zero; only in full pools, since it takes hundreds of signatures to find one. */
  readonly startingWithZero: Segments | undefined
  /** Signed by somebody else, or with another algorithm than their header says. */
  readonly forged: readonly Segments[]
}

/** The `iss` and `kid` that the verifier under test knows. */
export const poolIssuer = 'https://login.example.com'
export const poolKeyId = 'key-1'

/** The kind of key of an algorithm. */
export function keyTypeOf(algorithm: KnownAlgorithm): KeyType {
  const types: Partial<Record<KnownAlgorithm, KeyType>> = { ES256: 'ec256', ES384: 'ec384', ES512: 'ec521' }
  return types[algorithm] ?? (algorithm.startsWith('Ed') ? 'ed25519' : 'rsa2048')
}

/** Signs a pool of tokens for one algorithm; `keys` and `otherKeys` are of its kind. */
export function makeSignedPool(algorithm: KnownAlgorithm, { keys, otherKeys, size, random }: PoolOptions): SignedPool {
  const sign = (header: object | string, claims: object | string, by = algorithm, key = keys): Segments =>
    forgedJwt({ header, claims, algorithm: by, key: key.privateKey }).split('.')
  const signGenuine = (): Segments => sign(randomHeader(algorithm, random), randomClaims(random))
  const base = { alg: algorithm, kid: poolKeyId, typ: 'at+jwt' }
  const others = oddTokens(base, requiredClaims)
  const chosen = size === 'full' ? others : Array.from({ length: 12 }, () => random.pick(others))
  return {
    algorithm,
    keys,
    genuine: Array.from({ length: size === 'full' ? 200 : 5 }, signGenuine),
    odd: chosen.map(([header, claims]) => sign(header, claims)),
    startingWithZero: size === 'full' ? signedWithLeadingZero(signGenuine) : undefined,
    forged: [
      ...Array.from({ length: 2 }, () => sign(base, randomClaims(random), algorithm, otherKeys)),
      sign({ ...base, jwk: otherKeys.publicKey.export({ format: 'jwk' }) }, requiredClaims, algorithm, otherKeys),
      signWithPublicKey({ ...base, alg: 'HS256' }, keys.publicKey),
      ...siblingsOf(algorithm).map((by) => sign(base, randomClaims(random), by)),
      ...otherSalts(algorithm, sign(base, requiredClaims), keys.privateKey),
    ],
  }
}

interface PoolOptions {
  readonly keys: KeyPair
  readonly otherKeys: KeyPair
  /** RSA and P-521 sign slowly. */
  readonly size: 'sample' | 'full'
  readonly random: SeededRandom
}

/** One signature of 256 begins with a zero, which is a number as well without it. */
function signedWithLeadingZero(sign: () => Segments): Segments {
  for (;;) {
    const token = sign()
    if (/^A[A-P]/.test(token[2] ?? '')) return token
  }
}

/** Two pairs of keys of each kind that `algorithms` need. */
export function makePoolKeys(algorithms: readonly KnownAlgorithm[]): ReadonlyMap<KeyType, readonly [KeyPair, KeyPair]> {
  return new Map(algorithms.map(keyTypeOf).map((type) => [type, [makeKeyPair(type), makeKeyPair(type)]]))
}

/** Other algorithms of the same kind of key, whose signatures have the same length. */
function siblingsOf(algorithm: KnownAlgorithm): readonly KnownAlgorithm[] {
  const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
  return keyTypeOf(algorithm) === 'rsa2048' ? rsa.filter((other) => other !== algorithm) : []
}

/** The public key as the secret of an HMAC (CVE-2015-9235). */
function signWithPublicKey(header: object, publicKey: KeyObject): Segments {
  const key = publicKey.export({ type: 'spki', format: 'pem' })
  return forgedJwt({ header, claims: requiredClaims, algorithm: 'HS256', key }).split('.')
}

/** PSS signatures by the right key whose salt is not as long as the hash. @see RFC 7518 section 3.5 */
function otherSalts(
  algorithm: KnownAlgorithm,
  [header = '', claims = '']: Segments,
  key: KeyObject,
): readonly Segments[] {
  if (!algorithm.startsWith('PS')) return []
  const input = Buffer.from(`${header}.${claims}`)
  return [0, 20, constants.RSA_PSS_SALTLEN_MAX_SIGN].map((saltLength) => {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const signature = signBytes(`sha${algorithm.slice(2)}`, input, { key, padding, saltLength })
    return [header, claims, signature.toString('base64url')]
  })
}

const requiredClaims = { iss: poolIssuer, aud: oauthAudience, exp: NOW + 600 }

function randomHeader(alg: KnownAlgorithm, random: SeededRandom): object {
  return {
    ...random.pick([{}, { typ: 'JWT' }, { typ: 'at+jwt' }, { typ: 'application/AT+JWT' }]),
    alg,
    ...random.pick([{}, { kid: poolKeyId }, { kid: poolKeyId, x5t: 'zJxz' }]),
    ...random.pick([{}, {}, { nonce: 'n', extra: { deep: [1, null] } }]),
  }
}

function randomClaims(random: SeededRandom): object {
  return {
    ...requiredClaims,
    aud: random.pick([oauthAudience, [oauthAudience], ['https://other.example.com', oauthAudience]]),
    exp: NOW + 1 + random.below(3600) - random.pick([0, 59]) + random.pick([0, 0.5]),
    ...random.pick([{}, { iat: NOW - random.below(600) }, { iat: NOW + 59, nbf: NOW }]),
    ...random.pick([{}, { nbf: NOW - random.below(600) }, { nbf: NOW + 60 }]),
    ...random.pick([{}, { sub: `user-${random.below(1000)}` }, { sub: 'Žluťoučký 👩‍🚀 \u2028 \u0000' }]),
    ...random.pick([{}, { scope: 'reports.read files.write' }, { roles: ['a', 'b'] }, { scp: ['x'] }]),
    jti: random.bytes(1 + random.below(30)).toString('base64'),
    ...random.pick([
      {},
      { realm_access: { roles: ['r', { iss: 'x' }] } },
      { 'a.b': -1.5e-7, '': [[], {}], '\\"': '{":"}' },
    ]),
  }
}
