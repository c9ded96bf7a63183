import type { JsonWebKey } from 'node:crypto'
import type { Clock } from '../../lib/foundation/clock.ts'
import { makeKeyPair, type KeyPair, type KeyType } from './key-pairs.ts'
import { signedJwt } from './tokens.ts'

export interface OAuthIssuerOptions {
  /** The `iss` of the tokens; without a slash at the end. */
  readonly issuer: string
  /** The `aud` of the tokens. */
  readonly audience: string
  /** Tokens are issued now and valid for ten minutes, by this clock. */
  readonly clock: Clock
  /** Which keys it has, by JWS algorithm. Default: RS256 only. */
  readonly algorithms?: readonly OAuthAlgorithm[]
}

export type OAuthAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA'

/** What differs from the usual token; `undefined` takes a claim or parameter out. */
export interface OAuthTokenChanges {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Default: the first of the issuer's algorithms. */
  readonly algorithm?: OAuthAlgorithm
}

export interface OAuthIssuer {
  readonly issuer: string
  keyPair(algorithm: OAuthAlgorithm): KeyPair
  /** The public keys, each with `kid` (such as `RS256-0`), `alg` and `use`. */
  jwks(this: void): { keys: (JsonWebKey & { kid: string })[] }
  /** The discovery document; the key set stands at `/jwks` below the issuer. */
  metadata(): { issuer: string; jwks_uri: string }
  /** Replaces every key and moves the number in the `kid` on. */
  rotateKeys(): void
  /** An RFC 9068 access token of the application `client_id: 'reporting'`. */
  token(changes?: OAuthTokenChanges): Promise<string>
}

const keyTypes: Readonly<Record<OAuthAlgorithm, KeyType>> = {
  RS256: 'rsa2048',
  PS256: 'rsa2048',
  ES256: 'ec256',
  ES384: 'ec384',
  ES512: 'ec521',
  EdDSA: 'ed25519',
}

/** Makes an OAuth issuer with keys of its own. It serves nothing: see `serveDocuments`. */
export function makeOAuthIssuer(options: OAuthIssuerOptions): OAuthIssuer {
  const { issuer, algorithms = ['RS256'] } = options
  let generation = 0
  let keyPairs = makeKeyPairs(algorithms)
  const keyPair = (algorithm: OAuthAlgorithm): KeyPair => {
    const pair = keyPairs.get(algorithm)
    if (pair === undefined) throw new Error(`this issuer has no ${algorithm} key; name it in algorithms`)
    return pair
  }
  const keyId = (algorithm: OAuthAlgorithm): string => `${algorithm}-${generation}`
  return {
    issuer,
    keyPair,
    jwks: () => ({ keys: algorithms.map((algorithm) => toJwk(keyPair(algorithm), keyId(algorithm), algorithm)) }),
    metadata: () => ({ issuer, jwks_uri: `${issuer}/jwks` }),
    rotateKeys: () => {
      keyPairs = makeKeyPairs(algorithms)
      generation += 1
    },
    token: ({ claims, header, algorithm = algorithms[0] ?? 'RS256' } = {}) =>
      signedJwt({
        header: { typ: 'at+jwt', kid: keyId(algorithm), ...header },
        claims: { ...usualClaims(options), ...claims },
        algorithm,
        key: keyPair(algorithm).privateKey,
      }),
  }
}

function makeKeyPairs(algorithms: readonly OAuthAlgorithm[]): Map<OAuthAlgorithm, KeyPair> {
  return new Map(algorithms.map((algorithm) => [algorithm, makeKeyPair(keyTypes[algorithm])]))
}

function toJwk(pair: KeyPair, kid: string, alg: string): JsonWebKey & { kid: string } {
  return { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

let serial = 0

function usualClaims({ issuer, audience, clock }: OAuthIssuerOptions): Record<string, unknown> {
  const iat = Math.floor(clock())
  serial += 1
  const jti = `token-${serial}`
  return { iss: issuer, aud: audience, sub: 'reporting', client_id: 'reporting', iat, exp: iat + 600, jti }
}
