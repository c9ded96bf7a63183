import type { CryptoKey, JWK } from 'jose'

/** A key of an issuer: named by `kid` (OAuth) or by the thumbprint of its certificate (S2S). */
export interface StrictKey {
  readonly kid?: string
  readonly x5t?: string
  readonly algorithms: readonly string[]
  readonly key: CryptoKey | JWK
}

/** Whom the oracle believes, in its own words. */
export interface StrictIssuer {
  readonly protocol: 'oauth' | 's2s'
  readonly name: string
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly StrictKey[]
  /** OAuth: the most that it can give. */
  readonly ceiling?: readonly string[]
  /** S2S: may speak for other applications of its realm. */
  readonly isBroker?: boolean
  /** S2S: applications that may act for users. */
  readonly delegates?: readonly string[]
  /** S2S: what was granted to an application by id, as itself and for users. */
  readonly granted?: Readonly<
    Record<string, { readonly asItself: readonly string[]; readonly forUsers: readonly string[] }>
  >
}

/** What the oracle knows. */
export interface StrictWorld {
  readonly now: number
  readonly issuers: readonly StrictIssuer[]
}

/** Who calls, by the oracle's judgement. */
export interface StrictCaller {
  readonly issuer: string
  readonly kind: 'app' | 'user+app'
  readonly application: string
  readonly realm: string | undefined
  readonly user: Readonly<Record<string, string>> | undefined
  /** Sorted. */
  readonly permissions: readonly string[]
  readonly expiresAt: number
}
