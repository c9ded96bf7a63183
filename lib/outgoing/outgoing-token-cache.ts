import type { Clock } from '../foundation/clock.ts'

/** A token that was made or fetched for an outgoing call. */
export interface OutgoingToken {
  readonly token: string
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** Everything that makes one outgoing token another than the next. All parts count, also the empty ones. */
export interface OutgoingTokenKey {
  readonly issuer: string
  readonly application: string
  readonly audience: string
  readonly realm: string
  /** All identifiers of the user, in one fixed order; empty for the application itself. */
  readonly user: readonly (string | undefined)[]
  readonly kind: 'app' | 'user+app'
  /** Which signing key made it: a roll-over makes new tokens. */
  readonly keyId: string
}

/** Keeps outgoing tokens until shortly before they expire. */
export interface OutgoingTokenCache {
  /** The kept token, or the one `make` gives; concurrent callers with the same key share one `make`. */
  get(key: OutgoingTokenKey, make: () => Promise<OutgoingToken>): Promise<OutgoingToken>
  /** Forgets a token, when it is still this one. */
  drop(key: OutgoingTokenKey, token: string): void
  /** How many are kept. */
  size(): number
}

interface Entry {
  readonly token: Promise<OutgoingToken>
  /** `undefined` while it is being made. */
  made?: { readonly token: string; /** Seconds since 1970. */ readonly freshUntil: number }
}

/** Bounds of the cache. */
export interface OutgoingTokenCacheOptions {
  readonly clock: Clock
  /** Default 300. */
  readonly skewSeconds?: number
  /** Default 1000. */
  readonly maximumEntries?: number
}

/**
 * Creates a bounded cache of outgoing tokens: least recently used out first, one flight per key, renewed `skewSeconds`
 * before expiry (for a token that lives shorter than twice that: when half of its life is over). A failed `make` is not
 * kept.
 */
export function createOutgoingTokenCache(options: OutgoingTokenCacheOptions): OutgoingTokenCache {
  return new TokenCache(options)
}

class TokenCache implements OutgoingTokenCache {
  private readonly entries = new Map<string, Entry>()
  private readonly clock: Clock
  private readonly skewSeconds: number
  private readonly maximumEntries: number

  constructor({ clock, skewSeconds = 300, maximumEntries = 1000 }: OutgoingTokenCacheOptions) {
    this.clock = clock
    this.skewSeconds = skewSeconds
    this.maximumEntries = maximumEntries
  }

  get(key: OutgoingTokenKey, make: () => Promise<OutgoingToken>): Promise<OutgoingToken> {
    const name = nameOf(key)
    const entry = this.entries.get(name)
    this.entries.delete(name)
    if (entry === undefined || this.isStale(entry)) return this.keep(name, make)
    this.entries.set(name, entry)
    return entry.token
  }

  drop(key: OutgoingTokenKey, token: string): void {
    const name = nameOf(key)
    if (this.entries.get(name)?.made?.token === token) this.entries.delete(name)
  }

  size(): number {
    return this.entries.size
  }

  private isStale({ made }: Entry): boolean {
    return made !== undefined && made.freshUntil <= this.clock()
  }

  private keep(name: string, make: () => Promise<OutgoingToken>): Promise<OutgoingToken> {
    const startedAt = this.clock()
    const entry: Entry = { token: make() }
    this.entries.set(name, entry)
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.maximumEntries) break
      this.entries.delete(oldest)
    }
    entry.token.then(
      ({ token, expiresAt }) => {
        const freshUntil = expiresAt - Math.min(this.skewSeconds, (expiresAt - startedAt) / 2)
        entry.made = { token, freshUntil }
      },
      () => {
        if (this.entries.get(name) === entry) this.entries.delete(name)
      },
    )
    return entry.token
  }
}

/** JSON keeps the parts apart: no two different keys have one name. */
function nameOf({ issuer, application, audience, realm, user, kind, keyId }: OutgoingTokenKey): string {
  return JSON.stringify([issuer, application, audience, realm, kind, keyId, user.map((part) => part ?? null)])
}
