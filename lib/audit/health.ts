import type { ErrorCode } from '../foundation/error-codes.ts'

/** How one trusted issuer stands. */
export interface IssuerHealth {
  /** Its configured name. */
  readonly name: string
  /**
   * `loaded`; `stale`, when the keys are older than `keysRefreshSeconds` and serve as the last known good; `missing`, when
   * they were never fetched or are older than `keysStaleSeconds`; `expired`, when each is a certificate outside its dates.
   * Tokens of the issuer can be verified with `loaded` and `stale`. An issuer that is asked about its tokens has no keys:
   * `asked`, or `missing` until its discovery document was read.
   */
  readonly keys: 'loaded' | 'stale' | 'missing' | 'expired' | 'asked'
  /** How many keys are held; 0 when they are missing. */
  readonly keyCount: number
  /**
   * When the keys were fetched last, or the issuer answered a question, in seconds since 1970; left out for keys that are
   * configured here.
   */
  readonly lastRefreshed?: number
  /** Whether the last attempt to fetch them, or the last question, failed. */
  readonly failing: boolean
  /** Why it failed; only while `failing`. */
  readonly lastFailureCode?: ErrorCode
}

/** How long one certificate of a trusted issuer is good for. */
export interface CertificateHealth {
  /** The configured name of the issuer. */
  readonly name: string
  /** base64url of the SHA-1 of the certificate, as `x5t` in tokens. */
  readonly thumbprint: string
  /** Whole days until its last moment, rounded down; negative when it has expired. */
  readonly daysLeft: number
}

/** How long one of our own keys is good for. */
export interface OwnKeyHealth {
  /**
   * `current` signs; `published` is what else our metadata shows: the next key, or the previous one; `client`: the TLS client
   * certificate of a client that calls others.
   */
  readonly role: 'current' | 'published' | 'client'
  /** base64url of the SHA-1 of the certificate, as `x5t` in our tokens. */
  readonly thumbprint: string
  /** Whole days until its last moment, rounded down; negative when it has expired. */
  readonly daysLeft: number
}

/** What the memory of verified tokens did since the configuration in force took effect. */
export interface TokenCacheHealth {
  /** How many tokens are remembered. */
  readonly entries: number
  /** Tokens that were recognised. */
  readonly hits: number
  /** Tokens that had to be verified, refused ones included. */
  readonly misses: number
}

/** How a server stands: plain frozen data without keys, tokens or addresses of callers. */
export interface S2SHealth {
  /**
   * Whether every trusted issuer has keys that tokens can be verified with (`loaded` or `stale`) or can be asked (`asked`; it may
   * fail to answer all the same, see `failing`), and `suspensionsKnown`.
   */
  readonly ready: boolean
  readonly issuers: readonly IssuerHealth[]
  /** The certificates of trusted issuers whose keys come as certificates. */
  readonly certificates: readonly CertificateHealth[]
  /** Our own signing keys, if there is `self.signingKeys`, and the TLS client certificates of open clients. */
  readonly ownKeys: readonly OwnKeyHealth[]
  readonly tokenCache: TokenCacheHealth
  /**
   * Whether it is known who is suspended; always without `state`. With one, from the first look at it on, until the last good
   * look is older than `stateStaleSeconds`.
   */
  readonly suspensionsKnown: boolean
}
