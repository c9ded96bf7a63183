import type { S2SHealth } from './health.ts'

/** What an instrumentation needs of a server. */
export interface WatchedServer {
  /** What messages of its diagnostics channels carry as `source`. */
  readonly source: object
  readonly health: () => S2SHealth
  /** Calls `end` when the server is closed; at once when it is closed already. */
  readonly onClose: (end: () => void) => void
  /** Ends all that watches. */
  readonly close: () => void
}

/** Which object of an application stands for which server. */
const servers = new WeakMap<object, WatchedServer>()

/** Creates what instrumentations see of one server. */
export function createWatchedServer({ source, health }: Pick<WatchedServer, 'source' | 'health'>): WatchedServer {
  const ends = new Set<() => void>()
  let isClosed = false
  return {
    source,
    health,
    onClose: (end) => {
      if (isClosed) end()
      else ends.add(end)
    },
    close: () => {
      isClosed = true
      for (const end of ends) end()
      ends.clear()
    },
  }
}

/** Says that an object (an `S2S`, a strategy, a verifier) stands for a server. */
export function setWatchedServer(object: object, server: WatchedServer): void {
  servers.set(object, server)
}

/** The server that an object stands for; `undefined` for any other object. */
export function watchedServerOf(object: object): WatchedServer | undefined {
  return servers.get(object)
}
