import { hash, randomUUID } from 'node:crypto'
import { systemClock, type Clock } from '../foundation/clock.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { jwkThumbprint } from '../keys/jwk-thumbprint.ts'
import { forgeToken } from './forge-token.ts'
import { createTestKeyPair, type TestKeyPair, type TestKeyType } from './test-key-pair.ts'
import type { TokenChanges } from './token-changes.ts'

/** Options of `createTestDpopKey`. */
export interface TestDpopKeyOptions {
  /** Default `ec256`. */
  readonly type?: TestKeyType
  /** Default: a new one. */
  readonly keyPair?: TestKeyPair
  /** By which proofs are dated. Default: the system clock; give the server's own. */
  readonly clock?: Clock
}

/** The request that a proof is for, and what differs from an honest one. */
export interface TestProofOptions extends TokenChanges {
  /** The access token that goes with it. */
  readonly token: string
  /** The address of the request as the server knows itself: its own origin (`dpop.origins`), and the path. */
  readonly url: string
  /** Default `GET`. */
  readonly method?: string
  /** From the `DPoP-Nonce` header of an answer. Default: none. */
  readonly nonce?: string
}

/** The key of a client that uses DPoP. */
export interface TestDpopKey {
  readonly keyPair: TestKeyPair
  readonly jwk: JsonObject
  /** Its thumbprint: a token with the claim `cnf: { jkt }` is bound to it. */
  readonly jkt: string
  /** A new proof, with an id of its own, for the header `DPoP`. Signed with `algorithm`, by default the first that fits the key. */
  proof(this: void, options: TestProofOptions): string
}

/**
 * Makes the key of a client that uses DPoP, and proofs by it: `Authorization: DPoP <token>` with `DPoP: <proof>`. For a token that is
 * bound to it give the test issuer `claims: { cnf: { jkt } }`.
 *
 * @see RFC 9449 section 4.2
 */
export function createTestDpopKey(options: TestDpopKeyOptions = {}): TestDpopKey {
  const { type = 'ec256', clock = systemClock, keyPair = createTestKeyPair(type) } = options
  const jwk = keyPair.publicKey.export({ format: 'jwk' }) as JsonObject
  const usual = algorithmOf(keyPair)
  return {
    keyPair,
    jwk,
    jkt: jwkThumbprint(jwk) ?? '',
    proof: ({ token, url, method = 'GET', nonce, ...changes }) => {
      const { algorithm = usual, key = keyPair.privateKey } = changes
      const ath = hash('sha256', token, 'base64url')
      const claims = { jti: randomUUID(), htm: method, htu: url.replace(/[?#].*$/, ''), iat: Math.floor(clock()), ath }
      return forgeToken({
        header: { typ: 'dpop+jwt', alg: algorithm, jwk, ...changes.header },
        claims: { ...claims, ...(nonce === undefined ? {} : { nonce }), ...changes.claims },
        algorithm,
        key,
      })
    },
  }
}

function algorithmOf({ publicKey }: TestKeyPair): string {
  if (publicKey.asymmetricKeyType === 'rsa') return 'PS256'
  if (publicKey.asymmetricKeyType !== 'ec') return 'EdDSA'
  const curves = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' } as const
  return curves[publicKey.asymmetricKeyDetails?.namedCurve as keyof typeof curves]
}
