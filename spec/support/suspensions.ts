import { randomUUID } from 'node:crypto'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import type { S2SState } from '../../lib/state/s2s-state.ts'
import { createMemoryState } from '../../lib/state/memory-state.ts'
import { createSuspensions, type Suspensions } from '../../lib/suspension/suspensions.ts'
import type { TokenFacts } from '../../lib/suspension/match-suspension.ts'
import type { Suspension } from '../../lib/suspension/suspension.ts'
import { makeBreakable, type BreakableState } from './breakable-state.ts'
import { makeMovableClock, NOW, type MovableClock } from './clock.ts'

/** A token of the reporting application of `login`, issued now. */
export function factsOf(changes: Partial<TokenFacts> = {}): TokenFacts {
  return {
    issuerNames: ['login', 'https://login.example.com'],
    application: { id: 'reporting' },
    userNames: [],
    issuedAt: NOW,
    tokenIds: () => ['the-id', 'the-hash'],
    ...changes,
  }
}

/** A suspension that holds for an hour from `NOW`; of the issuer `login` unless a subject is given. */
export function suspensionOf(subject: Partial<Suspension> = { issuer: 'login' }): Suspension {
  return { id: randomUUID(), addedAt: NOW, expiresAt: NOW + 3600, ...subject }
}

/** The suspensions of one server, and what they told. */
export interface SuspensionStory extends MovableClock {
  readonly suspensions: Suspensions
  readonly events: readonly AuditEvent[]
}

/** Makes the suspensions of a server; its issuers are `login` and `farm`. */
export function tellSuspensions(
  given: { readonly state?: S2SState; readonly time?: MovableClock; readonly stateStaleSeconds?: number } = {},
): SuspensionStory {
  const { state, time = makeMovableClock(), stateStaleSeconds } = given
  const events: AuditEvent[] = []
  const audit = createAuditLog({ clock: time.clock, onAuditEvent: (event) => events.push(event) })
  const isKnownIssuer = (name: string): boolean => ['login', 'farm', 'https://login.example.com'].includes(name)
  const suspensions = createSuspensions({ state, clock: time.clock })
  suspensions.serve({ audit, isKnownIssuer, stateStaleSeconds })
  return { ...time, suspensions, events }
}

/** A memory state that can be broken, and looked into. */
export function makeBreakableState(time: MovableClock = makeMovableClock()): BreakableState {
  return makeBreakable(createMemoryState({ clock: time.clock }))
}
