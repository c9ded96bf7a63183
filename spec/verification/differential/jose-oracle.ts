import { jwtVerify, type JWTPayload } from 'jose'
import { createJwksKeySet, parseJwks } from '../../../lib/keys/jwks-key-set.ts'
import { knownAlgorithms, type KnownAlgorithm } from '../../../lib/keys/verification-key.ts'
import { TokenError } from '../../../lib/foundation/errors.ts'
import type { ErrorCode } from '../../../lib/foundation/error-codes.ts'
import type { TrustedIssuer } from '../../../lib/trust/trusted-issuer.ts'
import { createTokenVerifier } from '../../../lib/verification/token-verifier.ts'
import { fixedClock, NOW } from '../../support/clock.ts'
import type { KeyPair } from '../../support/key-pairs.ts'
import { keysOf, oauthTrustedIssuer } from '../../support/trusted-issuers.ts'
import { oauthAudience } from '../../support/world.ts'
import { keyTypeOf, poolIssuer, poolKeyId } from './signed-pool.ts'
import type { KeyFacts } from './stricter-rules.ts'

/** What jose says of a token. */
export interface OracleVerdict {
  readonly signatureHolds: boolean
  /** The claims, when it accepts the token as a whole. */
  readonly claims: JWTPayload | undefined
}

/** What the code under test says. */
export interface OurVerdict {
  readonly claims?: unknown
  readonly code?: ErrorCode
}

/** Asks jose with one key and all asymmetric algorithms; its claim errors come after the signature held. */
export function createOracle({ publicKey }: KeyPair): (token: string) => Promise<OracleVerdict> {
  const options = {
    algorithms: [...knownAlgorithms],
    issuer: poolIssuer,
    audience: oauthAudience,
    clockTolerance: 60,
    currentDate: new Date(NOW * 1000),
    requiredClaims: ['exp'],
  }
  return async function askJose(token) {
    try {
      const { payload } = await jwtVerify(token, publicKey, options)
      return { signatureHolds: true, claims: payload }
    } catch (error) {
      return { signatureHolds: String((error as { code?: unknown }).code).startsWith('ERR_JWT_'), claims: undefined }
    }
  }
}

/** Asks our verifier, as a request does, with the same key in a JWK set. */
export function createSubject({ publicKey }: KeyPair): (token: string) => Promise<OurVerdict> {
  const { keys } = parseJwks({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: poolKeyId }] })
  const issuer = oauthTrustedIssuer({
    issuerNames: [poolIssuer],
    algorithms: new Set(knownAlgorithms),
    keys: keysOf(createJwksKeySet(keys)),
  })
  const find = (name: string): TrustedIssuer => {
    if (name === poolIssuer) return issuer
    throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED')
  }
  const verify = createTokenVerifier({ issuers: { find }, clock: fixedClock })
  return async function askUs(token) {
    try {
      const { proof } = await verify(token)
      return { claims: proof.claims }
    } catch (error) {
      if (error instanceof TokenError) return { code: error.code }
      throw error
    }
  }
}

/** What the rules need to know of the key. */
export function factsOf(algorithm: KnownAlgorithm): KeyFacts {
  const type = keyTypeOf(algorithm)
  const lengths = { rsa2048: 256, ec256: 64, ec384: 96, ec521: 132, ed25519: 64 } as Record<string, number>
  return {
    algorithms: knownAlgorithms.filter((other) => keyTypeOf(other) === type),
    signatureLength: lengths[type] ?? 0,
  }
}
