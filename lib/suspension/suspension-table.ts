import type { Clock } from '../foundation/clock.ts'
import { matchSuspension, type MatchesToken, type TokenFacts } from './match-suspension.ts'
import type { Suspension } from './suspension.ts'

interface Held {
  readonly suspension: Suspension
  readonly matches: MatchesToken
}

/** The suspensions that one server knows. Suspended tokens are found by their ids, the others are gone through one by one. */
export class SuspensionTable {
  /** Another number after each one that was taken in. */
  version = 0
  /** How many of them name a user. */
  users = 0
  readonly #clock: Clock
  readonly #byId = new Map<string, Held>()
  readonly #byTokenId = new Map<string, Set<Held>>()
  readonly #others = new Set<Held>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes one in, however many there are; `false` when it has ended, or its id is there already. */
  add(suspension: Suspension): boolean {
    const { id, tokenId, user, expiresAt } = suspension
    if (this.#byId.has(id) || expiresAt <= this.#clock()) return false
    const held = { suspension, matches: matchSuspension(suspension) }
    this.#byId.set(id, held)
    if (tokenId === undefined) this.#others.add(held)
    else this.#byTokenId.set(tokenId, (this.#byTokenId.get(tokenId) ?? new Set()).add(held))
    if (user !== undefined) this.users += 1
    this.version += 1
    return true
  }

  /** Takes one out; `false` when there was none. */
  delete(id: string): boolean {
    const held = this.#byId.get(id)
    if (held === undefined) return false
    this.#byId.delete(id)
    this.#others.delete(held)
    if (held.suspension.user !== undefined) this.users -= 1
    this.#deleteTokenId(held)
    return true
  }

  get(id: string): Suspension | undefined {
    return this.#byId.get(id)?.suspension
  }

  /** Those that have not ended; the others are forgotten. */
  list(): readonly Suspension[] {
    const now = this.#clock()
    const all = [...this.#byId.values()].map(({ suspension }) => suspension)
    for (const { id, expiresAt } of all) if (expiresAt <= now) this.delete(id)
    return all.filter(({ id }) => this.#byId.has(id))
  }

  /** One that fits the token and has not ended. Costs one comparison while there are none. */
  find(facts: TokenFacts): Suspension | undefined {
    if (this.#byId.size === 0) return undefined
    const now = this.#clock()
    const fits = ({ suspension, matches }: Held): boolean => now < suspension.expiresAt && matches(facts)
    const ids = this.#byTokenId.size === 0 ? [] : facts.tokenIds()
    const named = ids.flatMap((id) => [...(this.#byTokenId.get(id) ?? [])]).find(fits)
    if (named !== undefined) return named.suspension
    for (const held of this.#others) if (fits(held)) return held.suspension
    return undefined
  }

  #deleteTokenId(held: Held): void {
    const { tokenId = '' } = held.suspension
    const named = this.#byTokenId.get(tokenId)
    named?.delete(held)
    if (named?.size === 0) this.#byTokenId.delete(tokenId)
  }
}
