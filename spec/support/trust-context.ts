import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import type { TrustContext } from '../../lib/trust/trusted-issuer.ts'
import { fixedClock } from './clock.ts'
import { oauthAudience, s2sAudience, self } from './world.ts'

/** A server that issuers are made for, and the audit events it heard. */
export interface TrustWorld {
  readonly context: TrustContext
  readonly events: AuditEvent[]
}

/** Makes the context of a server with an audience and a self, whose clock stands still. */
export function makeTrustWorld(changes: Partial<TrustContext> = {}): TrustWorld {
  const events: AuditEvent[] = []
  const clock = changes.clock ?? fixedClock
  const context: TrustContext = {
    clock,
    audit: createAuditLog({ clock, onAuditEvent: (event) => events.push(event) }),
    fetchOptions: {},
    audience: [oauthAudience],
    selfAudience: [s2sAudience],
    ownName: `${self.clientId}@${self.realm}`,
    ownKeys: new Set(),
    ...changes,
  }
  return { context, events }
}
