import { isDeepStrictEqual } from 'node:util'
import { UnavailableError } from '../foundation/errors.ts'
import { inTime } from '../state/in-time.ts'
import type { SuspensionStore } from '../state/s2s-state.ts'
import { readStoredSuspension, writeSuspension } from './stored-suspension.ts'
import type { SuspensionTable } from './suspension-table.ts'
import type { Suspension } from './suspension.ts'

/** What is told of the shared list. */
export interface FleetListener {
  readonly onLearnt: (suspension: Suspension) => void
  readonly onLifted: (suspension: Suspension) => void
  /** An entry that nobody can read; told once for each. */
  readonly onMalformed: (reason: string) => void
  /** The state lost what it held. */
  readonly onLost: () => void
}

/** What one look found: the list only when it changed. */
export interface SeenList {
  readonly version: number
  readonly entries: ReadonlyMap<string, unknown> | undefined
  /** Where the state tells the entries that were lifted from those that it lost. */
  readonly lifted?: ReadonlySet<string> | undefined
  readonly startedAt: number
}

/** What becomes of a suspension that the state did not take. */
export const heldHere = 'the shared state did not take it: it holds on this server, and will be put again'

/** More entries than this are no list of ours. */
const maximumEntries = 100_000

/**
 * Keeps the table of one server and the list of the fleet alike. What it cannot be sure of it keeps suspended: an entry that
 * cannot be read makes the whole look count for nothing (what could be read is taken in all the same), and a state that lost
 * its entries gets them again.
 */
export class FleetSuspensions {
  readonly #store: SuspensionStore
  readonly #table: SuspensionTable
  readonly #listener: FleetListener
  #version: number | undefined
  /** Counts looks and own changes, to tell which came first. */
  #sequence = 0
  /** Not in the state yet. */
  readonly #pending = new Map<string, Suspension>()
  /** On their way. */
  readonly #puts = new Map<string, Promise<void>>()
  /** When own changes arrived in the state: an older look knows nothing of them. */
  readonly #changedAt = new Map<string, number>()
  #told = new Set<string>()

  constructor(store: SuspensionStore, table: SuspensionTable, listener: FleetListener) {
    this.#store = store
    this.#table = table
    this.#listener = listener
  }

  /**
   * Puts a suspension into the state. When that fails it is put again at each look.
   *
   * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE`
   */
  async put(suspension: Suspension): Promise<void> {
    this.#pending.set(suspension.id, suspension)
    await this.#put(suspension).catch((cause: unknown) => {
      throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', heldHere, {
        cause,
      })
    })
  }

  /**
   * Removes a suspension from the state; `false` when it was not there.
   *
   * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE`
   */
  async delete(id: string): Promise<boolean> {
    this.#pending.delete(id)
    await this.#puts.get(id)?.catch(() => undefined)
    const work = async (): Promise<boolean> => this.#store.delete(id)
    const wasThere = await inTime(work()).catch((cause: unknown) => {
      throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', 'nothing was lifted', { cause })
    })
    this.#changedAt.set(id, ++this.#sequence)
    return wasThere
  }

  /** One look at the state. */
  async look(): Promise<SeenList> {
    const startedAt = ++this.#sequence
    for (const suspension of this.#pending.values()) this.#put(suspension).catch(() => undefined)
    const version = await this.#store.version()
    if (!Number.isSafeInteger(version)) throw new TypeError('the version of the suspensions is not a whole number')
    // Own changes made another version: the same one again may be that of a state that lost them.
    if (version === this.#version && this.#changedAt.size === 0) return { version, entries: undefined, startedAt }
    const entries = await this.#store.list()
    return { version, entries, lifted: await this.#store.lifted?.(), startedAt }
  }

  /** Takes in what a look found. Throws when it could not be read in full. */
  apply({ version, entries, lifted, startedAt }: SeenList): void {
    if (entries === undefined) return
    if (!isList(entries) || !(lifted === undefined || lifted instanceof Set)) {
      throw new TypeError('the suspensions are not a list')
    }
    this.#forgetChangesBefore(startedAt)
    this.#learnAll(entries)
    const wentBack = version < (this.#version ?? 0)
    const lost = this.#settleMissing(entries, (id) => lifted?.has(id) ?? !(wentBack || version === this.#version))
    if (wentBack || lost > 0) this.#listener.onLost()
    this.#version = version
  }

  /** What is no longer in the list was lifted, or got lost; gives how many were lost. */
  #settleMissing(entries: ReadonlyMap<string, unknown>, wasLifted: (id: string) => boolean): number {
    const missing = this.#table.list().filter(({ id }) => !entries.has(id) && !this.#isNewer(id))
    const lost = missing.filter(({ id }) => !wasLifted(id))
    for (const suspension of missing) this.#settle(suspension, lost.includes(suspension))
    return lost.length
  }

  #forgetChangesBefore(startedAt: number): void {
    for (const [id, at] of this.#changedAt) if (at < startedAt) this.#changedAt.delete(id)
  }

  /** Takes in what can be read, and only then throws for the rest. */
  #learnAll(entries: ReadonlyMap<unknown, unknown>): void {
    const malformed = [...entries].filter(([id, text]) => !this.#learn(id, text))
    this.#tell(malformed.map(([id]) => String(id)))
    if (malformed.length > 0) throw new TypeError(`${malformed.length} suspensions cannot be read`)
  }

  #put(suspension: Suspension): Promise<void> {
    const { id, expiresAt } = suspension
    const work = async (): Promise<void> => this.#store.put(id, writeSuspension(suspension), expiresAt)
    const put =
      this.#puts.get(id) ??
      inTime(work())
        .then(() => {
          this.#pending.delete(id)
          this.#changedAt.set(id, ++this.#sequence)
        })
        .finally(() => this.#puts.delete(id))
    this.#puts.set(id, put)
    return put
  }

  /** Whether an entry could be read, and says the same as before. */
  #learn(id: unknown, text: unknown): boolean {
    if (typeof id !== 'string') return false
    if (this.#isNewer(id)) return true
    const known = this.#table.get(id)
    if (known !== undefined && writeSuspension(known) === text) return true
    const suspension = readStoredSuspension(id, text)
    if (known !== undefined) return isDeepStrictEqual(suspension, known)
    if (suspension !== undefined && this.#table.add(suspension)) this.#listener.onLearnt(suspension)
    return suspension !== undefined
  }

  #settle(suspension: Suspension, isLost: boolean): void {
    if (isLost) this.#pending.set(suspension.id, suspension)
    else if (this.#table.delete(suspension.id)) this.#listener.onLifted(suspension)
  }

  #isNewer(id: string): boolean {
    return this.#pending.has(id) || this.#changedAt.has(id)
  }

  #tell(ids: readonly string[]): void {
    const told = this.#told
    this.#told = new Set(ids)
    const fresh = ids.filter((id) => !told.has(id)).length
    if (fresh > 0) this.#listener.onMalformed(`${fresh} entries of the shared state are no suspensions; remove them`)
  }
}

function isList(entries: unknown): boolean {
  return entries instanceof Map && entries.size <= maximumEntries
}
