import type { S2SState } from '../../lib/state/s2s-state.ts'

/** A shared state that can be broken, and looked into. */
export interface BreakableState extends S2SState {
  /** Every call rejects (`down`), never answers (`hanging`), or is answered; `read-only` rejects changes. */
  mode: 'up' | 'down' | 'hanging' | 'read-only'
  /** Takes the place of the true entries. */
  entries: Map<string, string> | undefined
  /** Takes the place of the true version. */
  version: number | undefined
}

/** Puts a state behind a door that can be shut. */
export function makeBreakable(memory: S2SState): BreakableState {
  const { suspensions } = memory
  async function answer<T>(give: () => T | Promise<T>, isWrite = false): Promise<T> {
    if (state.mode === 'hanging') return new Promise(() => undefined)
    if (state.mode === 'down' || (isWrite && state.mode === 'read-only')) throw new Error('connection refused')
    return give()
  }
  const state: BreakableState = {
    mode: 'up',
    entries: undefined,
    version: undefined,
    useOnce: (key, until) => answer(() => memory.useOnce(key, until), true),
    suspensions: {
      put: (id, entry, until) => answer(() => suspensions.put(id, entry, until), true),
      delete: (id) => answer(() => suspensions.delete(id), true),
      list: () => answer(() => state.entries ?? suspensions.list()),
      version: () => answer(() => state.version ?? suspensions.version()),
    },
  }
  return state
}
