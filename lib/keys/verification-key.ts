import type { AsymmetricKeyDetails, KeyObject } from 'node:crypto'

/** The asymmetric JWS algorithms that can be allowed. There is no HMAC and no `none`. */
export const knownAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** A public key that was found usable, and what it may verify. */
export interface VerificationKey {
  /** `kid` or thumbprint; for audit events. */
  readonly id: string
  readonly key: KeyObject
  /** The algorithms that fit the kind of key, narrowed by the JWK's own `alg`. */
  readonly algorithms: ReadonlySet<string>
  /** Seconds since 1970; only for keys of certificates. */
  readonly usableFrom?: number
  /** Seconds since 1970; only for keys of certificates. */
  readonly usableUntil?: number
}

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
/** Two names of one algorithm (RFC 8037, RFC 9864). */
export const edwardsAlgorithms: readonly string[] = ['EdDSA', 'Ed25519']
const curveAlgorithms: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
])

/** The order of these points divides 8: under such a "key" anybody can sign. Little-endian, without the sign bit. */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/**
 * The algorithms a public key may verify, by its kind and size.
 *
 * Does not check who owns the key, nor its dates; a point off its curve is refused where the key is imported.
 *
 * @throws Error that says why the key is not usable: RSA below 2048 or above 16384 bits, or with an exponent that is even,
 * below 65537 or above 64 bits; a curve other than P-256, P-384 and P-521; an Ed25519 point of small order; any other kind
 * @see RFC 7518 section 3, RFC 8037, RFC 8032 section 5.1, NIST SP 800-131A
 */
export function algorithmsOfKey(key: KeyObject): readonly string[] {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      checkRsaKey(key.asymmetricKeyDetails)
      return rsaAlgorithms
    case 'ec':
      return algorithmsOfCurve(key.asymmetricKeyDetails?.namedCurve)
    case 'ed25519':
      checkEdwardsPoint(key)
      return edwardsAlgorithms
    default:
      throw new Error('the key is not RSA, EC or Ed25519')
  }
}

/** The upper bounds are OpenSSL's own: above them it verifies nothing, or slowly. */
function checkRsaKey({ modulusLength = 0, publicExponent = 0n }: AsymmetricKeyDetails = {}): void {
  if (modulusLength < 2048 || modulusLength > 16_384) throw new Error('the RSA key is not of 2048 to 16384 bits')
  if (!isSoundExponent(publicExponent)) throw new Error('the RSA exponent is even, below 65537 or above 64 bits')
}

function isSoundExponent(exponent: bigint): boolean {
  return exponent >= 65_537n && exponent < 2n ** 64n && exponent % 2n === 1n
}

function algorithmsOfCurve(curve: string | undefined): readonly string[] {
  const algorithms = curveAlgorithms.get(curve)
  if (algorithms === undefined) throw new Error('the curve is not P-256, P-384 or P-521')
  return algorithms
}

function checkEdwardsPoint(key: KeyObject): void {
  const point = key.export({ type: 'spki', format: 'der' }).subarray(-32)
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31)
  if (smallOrderPoints.has(point.toString('hex'))) throw new Error('the Ed25519 key is a point of small order')
}
