import type { SeededRandom } from '../../support/seeded-random.ts'
import { numberFormatOf, orderOf, toDer } from './signature-numbers.ts'
import type { Segments, SignedPool } from './signed-pool.ts'

/** One way of spoiling a token. */
export type Mutation = (token: Segments, pool: SignedPool, random: SeededRandom) => Segments

/** Changes the bytes of the signature. */
function ofSignature(change: (signature: Buffer, pool: SignedPool, random: SeededRandom) => Buffer): Mutation {
  return ([header = '', payload = '', signature = '', ...more], pool, random) => {
    const bytes = Buffer.from(signature, 'base64url')
    return [header, payload, change(bytes, pool, random).toString('base64url'), ...more]
  }
}

/** Changes the text of one segment. */
function ofText(change: (text: string, random: SeededRandom) => string): Mutation {
  return (token, _pool, random) => {
    const chosen = random.below(3)
    return token.map((text, index) => (index === chosen ? change(text, random) : text))
  }
}

/** Changes members of header or claims, if the segment is an object; nobody signs it again. */
function ofMembers(segment: 0 | 1, changes: readonly object[]): Mutation {
  return (token, _pool, random) =>
    token.map((text, index) => (index === segment ? withMembers(text, random.pick(changes)) : text))
}

function withMembers(segment: string, changes: object): string {
  try {
    const members = JSON.parse(Buffer.from(segment, 'base64url').toString()) as object
    return Buffer.from(JSON.stringify({ ...members, ...changes })).toString('base64url')
  } catch {
    return segment
  }
}

function replaceAt(text: string, at: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + by.length)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Another last character that decodes to the same bytes for whoever drops the bits that are left over. */
function respellEnd(text: string, random: SeededRandom): string {
  const spare = [1, 1, 16, 4][text.length % 4] ?? 1
  const index = alphabet.indexOf(text.at(-1) ?? '')
  return text.slice(0, -1) + (alphabet[index - (index % spare) + random.below(spare)] ?? '')
}

const half = (signature: Buffer): number => signature.length / 2

/** Writes another number in the place of the second one (RSA: of the only one). */
function respellNumber(change: (value: bigint, order: bigint, random: SeededRandom) => bigint): Mutation {
  return ofSignature((signature, { algorithm, keys }, random) => {
    if (signature.length % 2 === 1) return signature
    const start = /^[RP]S/.test(algorithm) ? 0 : half(signature)
    const format = numberFormatOf(algorithm)
    const number = signature.subarray(start)
    const changed = change(format.read(number), orderOf(algorithm, keys.publicKey), random)
    return Buffer.concat([signature.subarray(0, start), format.write(changed, number.length)])
  })
}

const withoutZeros = ofSignature((signature) => signature.subarray(signature.findIndex((byte) => byte !== 0)))

/** Every way of spoiling a token, by name. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'a flipped bit': ofSignature((signature, _pool, random) => {
    const at = random.below(signature.length)
    return Buffer.from(signature.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte)))
  }),
  'a shorter signature': ofSignature((signature, _pool, random) => {
    const cut = 1 + random.below(random.pick([1, 4, 80]))
    return random.happens(50) ? signature.subarray(cut) : signature.subarray(0, -cut)
  }),
  'a longer signature': ofSignature((signature, _pool, random) => {
    const more = random.happens(50) ? Buffer.alloc(1 + random.below(3)) : random.bytes(1 + random.below(64))
    return Buffer.concat(random.happens(50) ? [more, signature] : [signature, more])
  }),
  'leading zeros left out': (token, pool, random) => withoutZeros(pool.startingWithZero ?? token, pool, random),
  'each number with a zero in front': ofSignature((signature) => {
    const zero = Buffer.alloc(1)
    return Buffer.concat([zero, signature.subarray(0, half(signature)), zero, signature.subarray(half(signature))])
  }),
  'a signature of one byte only': ofSignature((signature, _pool, random) =>
    Buffer.alloc(signature.length, random.pick([0, 0, 1, 0xff])),
  ),
  'no signature': ofSignature(() => Buffer.alloc(0)),
  'random bytes': ofSignature((signature, _pool, random) => random.bytes(signature.length)),
  'halves swapped': ofSignature((signature) =>
    Buffer.concat([signature.subarray(half(signature)), signature.subarray(0, half(signature))]),
  ),
  'one half nothing': ofSignature((signature, _pool, random) => {
    const zeros = Buffer.alloc(half(signature))
    const [left, right] = [signature.subarray(0, half(signature)), signature.subarray(half(signature))]
    return Buffer.concat(random.happens(50) ? [zeros, right] : [left, zeros])
  }),
  'a DER signature': ofSignature(toDer),
  'the other root (r, n - s)': respellNumber((value, order) => order - value),
  'a number beyond the order': respellNumber((value, order) => value + order),
  'a number at the edge': respellNumber((_value, order, random) =>
    random.pick([0n, 1n, order - 1n, order, order + 1n]),
  ),
  'the signature of another token': ([header = '', payload = ''], pool, random) => [
    header,
    payload,
    random.pick(pool.genuine)[2] ?? '',
  ],
  'the payload of another token': ([header = '', , signature = ''], pool, random) => [
    header,
    random.pick(pool.genuine)[1] ?? '',
    signature,
  ],
  'the header of another token': ([, payload = '', signature = ''], pool, random) => [
    random.pick(pool.odd)[0] ?? '',
    payload,
    signature,
  ],
  'the last character spelt differently': ofText(respellEnd),
  'the last character of the signature spelt differently': (
    [header = '', payload = '', signature = ''],
    _pool,
    random,
  ) => [header, payload, respellEnd(signature, random)],
  padding: ofText((text, random) => text + '='.repeat(random.pick([1, 2, (4 - (text.length % 4)) % 4]))),
  'white space': ofText((text, random) => {
    const at = random.pick([0, text.length, random.below(text.length + 1)])
    return text.slice(0, at) + random.pick([' ', '\n', '\r\n', '\t', '\f', '\u00a0', '\u2028', '\0']) + text.slice(at)
  }),
  'the other alphabet of base64': ofText((text) => text.replaceAll('-', '+').replaceAll('_', '/')),
  'another character': ofText((text, random) =>
    replaceAt(text, random.below(text.length), random.pick([...Array.from(alphabet), '+', '/', '.', '=', '%', ','])),
  ),
  'a character with the same low byte': ofText((text, random) => {
    const at = random.below(text.length)
    return replaceAt(text, at, String.fromCharCode((text.charCodeAt(at) || 0) + 256 * (1 + random.below(200))))
  }),
  'more segments': (token, _pool, random) => [...token, random.pick(['', 'AA', token[2] ?? '', 'e30'])],
  'fewer segments': (token, _pool, random) => token.slice(random.below(2), 2 + random.below(2)),
  'an empty segment': ofText(() => ''),
  'segments in another order': (token, _pool, random) =>
    random
      .pick([
        [2, 0, 1],
        [1, 0, 2],
        [0, 2, 1],
        [2, 1, 0],
      ])
      .map((index) => token[index] ?? ''),
  'another algorithm': ofMembers(
    0,
    'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 Ed448 none None HS256 ES256K rs256'
      .split(' ')
      .map((alg) => ({ alg })),
  ),
  'other header parameters': ofMembers(0, [
    { kid: 'other' },
    { kid: undefined },
    { typ: 'dpop+jwt' },
    { typ: undefined },
    { crit: ['b64'], b64: false },
    { crit: [] },
    { jwk: { kty: 'oct', k: '' } },
    { x5t: 'AAAA' },
    { new: 1 },
  ]),
  'other claims': ofMembers(1, [
    { sub: 'admin' },
    { scope: 'admin.all' },
    { exp: 1e12 },
    { aud: 'x' },
    { iss: 'x' },
    { x: 1 },
  ]),
}
