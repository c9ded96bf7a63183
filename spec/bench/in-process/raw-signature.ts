import { constants, verify, type KeyObject } from 'node:crypto'
import type { BenchAlgorithm } from '../world/sign-tokens.ts'
import type { Candidate } from './measure-cpu.ts'

/** Nothing but `crypto.verify` with a ready key: the floor below every cold verification. */
export function rawCandidate<Name extends string>(
  name: Name,
  { tokens, key, algorithm, isGood = true }: RawLoad,
): Candidate & { readonly name: Name } {
  const parts = tokens.map(splitToken)
  // An object of options costs half a signature more on Node 24: the floor goes without where it can.
  const scheme = schemes[algorithm]
  const input = scheme === undefined ? key : { key, ...scheme }
  const hash = algorithm === 'EdDSA' ? null : 'sha256'
  return {
    name,
    operations: tokens.length,
    run: () => {
      for (const { signed, signature } of parts) {
        if (verify(hash, signed, input, signature) !== isGood) throw new Error(`${name}: not what was expected`)
      }
    },
  }
}

/** What is verified. */
export interface RawLoad {
  readonly tokens: readonly string[]
  readonly key: KeyObject
  readonly algorithm: BenchAlgorithm
  readonly isGood?: boolean
}

const schemes = {
  RS256: undefined,
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  ES256: { dsaEncoding: 'ieee-p1363' },
  EdDSA: undefined,
} as const

function splitToken(token: string): { signed: Buffer; signature: Buffer } {
  const end = token.lastIndexOf('.')
  return { signed: Buffer.from(token.slice(0, end)), signature: Buffer.from(token.slice(end + 1), 'base64url') }
}
