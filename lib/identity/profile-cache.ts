import type { Clock } from '../foundation/clock.ts'

/** Options of `createProfileCache`. */
export interface ProfileCacheOptions {
  /** 0: nothing is kept. */
  readonly seconds: number
  readonly maximumEntries: number
  readonly clock: Clock
}

/** Profiles that were found a moment ago. */
export interface ProfileCache<Profile> {
  /** The profile kept for the key; else what `load` gives, asked once however many wait. A rejection is not kept. */
  get(key: string, load: () => Promise<Profile>): Promise<Profile>
}

/**
 * Creates a bounded cache with a single flight per key; the profile that was used longest ago gives way.
 *
 * Does not know whose profiles these are: the key must hold everything that tells users apart.
 */
export function createProfileCache<Profile>(options: ProfileCacheOptions): ProfileCache<Profile> {
  return new Cache(options)
}

interface Kept<Profile> {
  readonly profile: Profile
  readonly askedAt: number
}

class Cache<Profile> implements ProfileCache<Profile> {
  readonly #options: ProfileCacheOptions
  /** In the order of last use. */
  readonly #kept = new Map<string, Kept<Profile>>()
  readonly #flights = new Map<string, Promise<Profile>>()

  constructor(options: ProfileCacheOptions) {
    this.#options = options
  }

  async get(key: string, load: () => Promise<Profile>): Promise<Profile> {
    const kept = this.#fresh(key)
    if (kept !== undefined) return kept.profile
    const flight = this.#flights.get(key) ?? this.#fly(key, load)
    this.#flights.set(key, flight)
    return flight
  }

  async #fly(key: string, load: () => Promise<Profile>): Promise<Profile> {
    const askedAt = this.#options.clock()
    try {
      const profile = await Promise.resolve().then(load)
      this.#keep(key, { profile, askedAt })
      return profile
    } finally {
      this.#flights.delete(key)
    }
  }

  #keep(key: string, entry: Kept<Profile>): void {
    if (this.#options.seconds <= 0) return
    this.#kept.set(key, entry)
    if (this.#kept.size <= this.#options.maximumEntries) return
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest)
      return
    }
  }

  /** An age below zero means that the clock was set back: then nobody knows how old the profile is. */
  #fresh(key: string): Kept<Profile> | undefined {
    const entry = this.#kept.get(key)
    if (entry === undefined) return undefined
    this.#kept.delete(key)
    const age = this.#options.clock() - entry.askedAt
    if (age < 0 || age >= this.#options.seconds) return undefined
    this.#kept.set(key, entry)
    return entry
  }
}
