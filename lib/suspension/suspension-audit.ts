import type { AuditEvent, AuditSuspension } from '../audit/audit-event.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { S2SError } from '../foundation/errors.ts'
import { heldHere, type FleetListener } from './fleet-suspensions.ts'
import { maximumExposedTokens, type ExposedToken } from './suspend-exposed.ts'
import type { Suspension } from './suspension.ts'

/** Tells the audit log of suspensions and of the state that holds them. */
export interface SuspensionAudit extends Omit<FleetListener, 'onLearnt'> {
  added(this: void, suspension: Suspension, reason?: string): void
  removed(this: void, suspension: Partial<Suspension>): void
  /** What an operator asked for was not possible. */
  refused(this: void, error: unknown): void
  notShared(this: void, suspension: Suspension): void
  notBurnt(this: void, token: ExposedToken): void
  stateFailed(this: void, error: unknown): void
  stateRecovered(this: void): void
}

const learnt = 'learnt from the shared state'
const unavailable = { outcome: 'unavailable', code: 'ERR_S2S_STATE_UNAVAILABLE' } as const

/** Creates the events of one server's suspensions. */
export function createSuspensionAudit(audit: Pick<AuditLog, 'emit'>): SuspensionAudit {
  const emit = (event: Omit<AuditEvent, 'time'>): void => {
    audit.emit(() => event)
  }
  return {
    added: (suspension, reason = learnt) => {
      const told = reason === '' ? {} : { reason }
      emit({ name: 'suspension.added', outcome: 'notice', ...told, suspension: describe(suspension) })
    },
    removed: (suspension) => {
      emit({ name: 'suspension.removed', outcome: 'notice', suspension: describe(suspension) })
    },
    onLifted: (suspension) => {
      emit({ name: 'suspension.removed', outcome: 'notice', reason: learnt, suspension: describe(suspension) })
    },
    refused: (error) => {
      const code = error instanceof S2SError ? { code: error.code } : {}
      emit({ name: 'suspension.refused', outcome: 'refused', ...code, reason: reasonOf(error) })
    },
    notShared: (suspension) => {
      emit({ name: 'suspension.refused', ...unavailable, reason: heldHere, suspension: describe(suspension) })
    },
    notBurnt: (token) => {
      const reason = `${maximumExposedTokens} exposed tokens of this issuer are refused already; this one is not`
      emit({ name: 'suspension.refused', outcome: 'refused', reason, suspension: { ...token, exposed: true } })
    },
    onMalformed: (reason) => {
      emit({ name: 'state.malformed', ...unavailable, reason })
    },
    onLost: () => {
      emit({ name: 'state.lost', outcome: 'notice', reason: 'its suspensions are known here and are put again' })
    },
    stateFailed: (error) => {
      emit({ name: 'state.unavailable', ...unavailable, reason: reasonOf(error) })
    },
    stateRecovered: () => {
      emit({ name: 'state.recovered', outcome: 'notice' })
    },
  }
}

function describe({ addedAt: _addedAt, ...suspension }: Partial<Suspension>): AuditSuspension {
  return suspension
}

/** Of an error that is not ours only its kind: nobody knows what a client of some store writes into its messages. */
function reasonOf(error: unknown): string {
  if (error instanceof S2SError) return error.reason ?? error.message
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown }
  return `it failed with ${typeof code === 'string' ? code : String(name)}`
}
