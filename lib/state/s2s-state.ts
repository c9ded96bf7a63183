/**
 * What the servers of one fleet share: ids that may be used once, and suspensions. Never keys, metadata, tokens or
 * principals: whoever can write to it can make servers refuse, and must not be able to get in.
 *
 * Every method may give its answer or a promise of it; a rejection is an outage. How long a look takes is bounded by whoever
 * asks. `createMemoryState` is the state of one process, `createRedisState` (`passport-s2s/redis`) that of a fleet.
 */
export interface S2SState {
  /**
   * Uses a key up until a time (seconds since 1970). Says whether this was the first use, in one step: of any number of
   * processes that ask at once, one gets `true`. `false` as well for a time that has passed or is no number: what cannot be
   * remembered must not count as new.
   *
   * `sinceSeconds` is the earliest time at which the key can have been used (when the token was issued). A state that may have
   * forgotten uses of that time, because it began or was wiped later, says `false`: it cannot tell, and must not let a used
   * key pass for a new one. Without it, what was forgotten counts as never used.
   */
  useOnce(key: string, untilSeconds: number, sinceSeconds?: number): boolean | Promise<boolean>
  readonly suspensions: SuspensionStore
}

/** The suspensions of a fleet, as texts. They are read strictly by every server, and never change once they are there. */
export interface SuspensionStore {
  /** Keeps an entry until a time (seconds since 1970); it may be forgotten afterwards, and not before. */
  put(id: string, entry: string, untilSeconds: number): void | Promise<void>
  /** Removes an entry; `false` when there was none. */
  delete(id: string): boolean | Promise<boolean>
  /** All entries, by id. */
  list(): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>
  /**
   * A whole number that grows with every `put` and `delete`, and does so no later than `list` shows what they did. A number
   * that is smaller than before says that the state lost what it held: servers then keep what they know, and put it again.
   */
  version(): number | Promise<number>
  /**
   * The ids of the entries that were removed by `delete` and have not ended; asked after `list`. With it an entry that is gone
   * from `list` was lifted only when it is in here, whatever `version` says: otherwise it was lost, and is put again. For
   * states that can lose a part of what they held; without it `version` alone tells.
   */
  lifted?(): ReadonlySet<string> | Promise<ReadonlySet<string>>
}
