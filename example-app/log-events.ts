import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AuditEvent } from 'passport-s2s'
import { pino, type DestinationStream, type Level } from 'pino'

const levels: Readonly<Record<AuditEvent['outcome'], Level>> = {
  accepted: 'info',
  notice: 'info',
  refused: 'warn',
  unavailable: 'error',
}

/**
 * Writes the audit events of all servers of this process as lines of JSON; gives the function that ends that. They name
 * users: keep them as long as your rules say, where your rules say. They never hold a token.
 */
export function logEvents(destination: DestinationStream = pino.destination(2)): () => void {
  const log = pino({ base: { app: 'passport-s2s example' } }, destination)
  const listener = (message: unknown): void => {
    const event = message as AuditEvent
    log[levels[event.outcome]]({ event }, event.name)
  }
  subscribe('passport-s2s:audit', listener)
  return () => {
    unsubscribe('passport-s2s:audit', listener)
  }
}
