import type { JsonWebKey, KeyObject } from 'node:crypto'
import { createVerifier, type Verifier } from '../../../dist/verifier.js'
import { makeKeyPair, type KeyType } from '../../support/key-pairs.ts'
import { accessClaims } from '../world/access-claims.ts'
import { signTokens, type BenchAlgorithm, type TokenSigner } from '../world/sign-tokens.ts'

/** One issuer with one key, and a verifier that trusts it. */
export interface VerifierWorld {
  readonly algorithm: BenchAlgorithm
  readonly publicKey: KeyObject
  readonly jwks: { readonly keys: readonly (JsonWebKey & { readonly kid: string })[] }
  readonly signer: TokenSigner
  /** Different tokens of 100 applications. */
  makeTokens(this: void, count: number, changes?: { issuer?: string; expiresIn?: number }): Promise<string[]>
  /** A verifier that has seen no token yet. */
  startVerifier(this: void): Promise<Verifier>
}

/** The `iss` of the tokens. */
export const issuer = 'https://login.example.com'
/** The `aud` of the tokens. */
export const audience = 'https://reports.example.com'

const keyTypes: Partial<Record<BenchAlgorithm, KeyType>> = { ES256: 'ec256', EdDSA: 'ed25519' }
let serial = 0

/** Makes a key, and everything around it. */
export function makeVerifierWorld(algorithm: BenchAlgorithm, kid = 'key-1'): VerifierWorld {
  const { publicKey, privateKey } = makeKeyPair(keyTypes[algorithm] ?? 'rsa2048')
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }] }
  const signer: TokenSigner = { algorithm, key: privateKey, header: { typ: 'at+jwt', kid } }
  return {
    algorithm,
    publicKey,
    jwks,
    signer,
    makeTokens: (count, changes = {}) => {
      const claims = Array.from({ length: count }, (_, index) => {
        serial += 1
        return accessClaims({ issuer, audience, application: index % 100, tokenId: `token-${serial}`, ...changes })
      })
      return signTokens(claims, signer)
    },
    startVerifier: async () => {
      const verifier = createVerifier({
        audience,
        trustedIssuers: [{ type: 'static', issuer, jwks: { ...jwks }, algorithms: [algorithm] }],
      })
      await verifier.ready()
      return verifier
    },
  }
}
