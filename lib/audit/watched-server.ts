import type { OwnKeyHealth, S2SHealth } from './health.ts'

/** What an instrumentation needs of a server; the same one whatever configuration is in force. */
export interface WatchedServer {
  /** What messages of its diagnostics channels carry as `source`. */
  readonly source: object
  /** How the server stands under the configuration in force. */
  readonly health: () => S2SHealth
  /** From now on `health` is read so. */
  readonly serve: (health: () => S2SHealth) => void
  /** From now on these keys stand in `health` too; they are those of clients, which outlive a configuration. */
  readonly serveClientKeys: (read: () => readonly OwnKeyHealth[]) => void
  /** Calls `end` when the server is closed; at once when it is closed already. */
  readonly onClose: (end: () => void) => void
  /** Ends all that watches. */
  readonly close: () => void
}

/** Which object of an application stands for which server. */
const servers = new WeakMap<object, WatchedServer>()

/** Before the first configuration takes effect. */
const nothing: S2SHealth = Object.freeze({
  ready: false,
  issuers: Object.freeze([]),
  certificates: Object.freeze([]),
  ownKeys: Object.freeze([]),
  tokenCache: Object.freeze({ entries: 0, hits: 0, misses: 0 }),
  suspensionsKnown: false,
})

/** Creates what instrumentations see of one server. */
export function createWatchedServer(): WatchedServer {
  const ends = new Set<() => void>()
  let health = (): S2SHealth => nothing
  let clientKeys = (): readonly OwnKeyHealth[] => []
  let isClosed = false
  return {
    source: Object.freeze({}),
    health: () => withKeys(health(), clientKeys()),
    serveClientKeys: (read) => {
      clientKeys = read
    },
    serve: (next) => {
      health = next
    },
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

function withKeys(health: S2SHealth, keys: readonly OwnKeyHealth[]): S2SHealth {
  return keys.length === 0 ? health : Object.freeze({ ...health, ownKeys: Object.freeze([...health.ownKeys, ...keys]) })
}

/** Says that an object (an `S2S`, a strategy, a verifier) stands for a server. */
export function setWatchedServer(object: object, server: WatchedServer): void {
  servers.set(object, server)
}

/** The server that an object stands for; `undefined` for any other object. */
export function watchedServerOf(object: object): WatchedServer | undefined {
  return servers.get(object)
}
