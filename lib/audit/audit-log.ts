import { channel } from 'node:diagnostics_channel'
import type { Clock } from '../foundation/clock.ts'
import type { AuditEvent } from './audit-event.ts'
import { createFailureWarning } from './failure-warning.ts'

/** Receives audit events, in the request and in order. What it returns is ignored; a promise may reject. */
export type AuditListener = (event: AuditEvent) => unknown

/** Options of `createAuditLog`. */
export interface AuditLogOptions {
  /** Called with every event. Default: nobody (subscribers of the diagnostics channel still get them). */
  readonly onAuditEvent?: AuditListener | undefined
  readonly clock: Clock
  /** Whose events these are. Default: nobody else's. */
  readonly source?: object
}

/** Where all rooms report what happened. Nothing in this library reads it back. */
export interface AuditLog {
  /** Whose events these are: messages of the diagnostics channels carry it, so that servers of one process are told apart. */
  readonly source: object
  /** Whether anybody listens now. */
  readonly isListening: () => boolean
  /** Delivers one event. `build` is called only when somebody listens; nothing that fails here reaches the request. */
  readonly emit: (build: () => Omit<AuditEvent, 'time'>) => void
}

/** The name of the `node:diagnostics_channel` on which every event is published too. */
export const auditChannelName = 'passport-s2s:audit'

const auditChannel = channel(auditChannelName)

/**
 * Creates the audit log of one server. Events are frozen and get their time here.
 *
 * A listener that throws or rejects costs its event and a process warning (at most one a minute), never a request.
 * Subscribers of the diagnostics channel follow Node's rule: an error of theirs is an uncaught exception.
 */
export function createAuditLog({ onAuditEvent, clock, source = Object.freeze({}) }: AuditLogOptions): AuditLog {
  const warn = createFailureWarning('an audit event was lost because its listener failed', {
    code: 'S2S_AUDIT_LISTENER_FAILED',
    clock,
  })

  function isListening(): boolean {
    return onAuditEvent !== undefined || auditChannel.hasSubscribers
  }

  function emit(build: () => Omit<AuditEvent, 'time'>): void {
    if (!isListening()) return
    try {
      const event: AuditEvent = Object.freeze({ ...build(), time: clock() })
      auditChannel.publish(event)
      const result = onAuditEvent?.(event)
      if (result instanceof Promise) result.catch(warn)
    } catch (error) {
      warn(error)
    }
  }

  return { source, isListening, emit }
}
