import type { AuditEvent, AuditEventName } from 'passport-s2s'
import type { ServerListener } from '../start-servers.ts'

/** A decision of one of the servers. */
export interface JournalEntry {
  /** Counts from 1. */
  readonly id: number
  readonly server: string
  /** By the real clock; the story's is moved on. */
  readonly time: Date
  readonly event: AuditEvent
  /** How often it came in a row. */
  readonly times: number
}

/** The last decisions of both servers. */
export interface Journal {
  /** Takes in an audit event. */
  readonly record: ServerListener
  /** Newest first. */
  entries(this: void): readonly JournalEntry[]
  /** Hears of every new entry, and of one that came again; gives the function that ends it. */
  onEntry(this: void, listener: (entry: JournalEntry) => void): () => void
  /** Hears of every event of the document service, decision or not. */
  onEvent(this: void, listener: (event: AuditEvent) => void): () => void
}

const decisions: ReadonlySet<AuditEventName> = new Set([
  'access.allowed',
  'access.denied',
  'token.rejected',
  'token.exposed',
  'request.rejected',
  'verifier.unavailable',
] as const)
const maximumEntries = 50

/** Creates a journal that keeps the last 50 decisions. */
export function createJournal(): Journal {
  const entries: JournalEntry[] = []
  const entryListeners = new Set<(entry: JournalEntry) => void>()
  const eventListeners = new Set<(event: AuditEvent) => void>()
  let lastId = 0

  function add(server: string, event: AuditEvent): void {
    const [newest] = entries
    const time = new Date()
    const isRepeated = newest?.server === server && isSame(newest, event) && +time - +newest.time < 1000
    if (isRepeated) entries.shift()
    else lastId += 1
    const entry = { id: lastId, server, time, event, times: isRepeated ? newest.times + 1 : 1 }
    entries.unshift(entry)
    entries.length = Math.min(entries.length, maximumEntries)
    for (const listener of entryListeners) listener(entry)
  }

  return {
    record: (server, event) => {
      if (decisions.has(event.name)) add(server, event)
      if (server === 'document service') for (const listener of eventListeners) listener(event)
    },
    entries: () => [...entries],
    onEntry: (listener) => subscribe(entryListeners, listener),
    onEvent: (listener) => subscribe(eventListeners, listener),
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

/** Traffic says the same many times a second. */
function isSame({ event }: JournalEntry, other: AuditEvent): boolean {
  const signOf = ({ name, code, reason, application, user, method, resource }: AuditEvent): string =>
    JSON.stringify([name, code, reason, application, user, method, resource])
  return signOf(event) === signOf(other)
}
