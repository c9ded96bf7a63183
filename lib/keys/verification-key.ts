import type { KeyObject } from 'node:crypto'

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

/** One of `knownAlgorithms`. */
export type KnownAlgorithm = (typeof knownAlgorithms)[number]

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
const curveAlgorithms: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
])

/**
 * The algorithms a public key may verify, by its kind and size.
 *
 * @throws Error that says why the key is not usable: RSA below 2048 bits or with an exponent below 65537 or even, a curve
 * other than P-256, P-384 and P-521, any other kind of key
 * @see RFC 7518 section 3, RFC 8037, NIST SP 800-131A
 */
export function algorithmsOfKey(key: KeyObject): readonly string[] {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519']
  if (key.asymmetricKeyType === 'ec') {
    const algorithms = curveAlgorithms.get(details?.namedCurve)
    if (algorithms === undefined) throw new Error('the curve is not P-256, P-384 or P-521')
    return algorithms
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error('the key is not RSA, EC or Ed25519')
  if ((details?.modulusLength ?? 0) < 2048) throw new Error('the RSA key has fewer than 2048 bits')
  const exponent = details?.publicExponent ?? 0n
  if (exponent < 65_537n || exponent % 2n === 0n) throw new Error('the RSA exponent is below 65537 or even')
  return rsaAlgorithms
}
