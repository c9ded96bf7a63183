import assert from 'node:assert/strict'
import type { Agent } from 'node:https'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { Clock } from '../../lib/foundation/clock.ts'
import { OutgoingError, type OutgoingSide } from '../../lib/foundation/errors.ts'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { createS2SClient, type S2SClient } from '../../lib/outgoing/s2s-client.ts'
import type { CallingServer } from '../../lib/outgoing/token-source.ts'

export interface CalledServer {
  readonly url: string
  readonly ca: string
  readonly agent?: Agent
}

/** A server that calls others with tokens of an OAuth issuer. */
export interface OAuthCaller {
  readonly events: readonly AuditEvent[]
  readonly server: CallingServer
  clientFor(target: CalledServer, oauth: OAuthTokenOptions): S2SClient
}

export const callingServer = {
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
}

/** Makes a calling server; its own signing key is there for `private_key_jwt`. */
export function makeOAuthCaller(clock: Clock, key?: SigningKey): OAuthCaller {
  const events: AuditEvent[] = []
  const server: CallingServer = {
    ...callingServer,
    clock,
    audit: createAuditLog({ clock, onAuditEvent: (event) => events.push(event) }),
    currentKey: () => {
      if (key === undefined) throw new Error('this caller has no signing key')
      return key
    },
  }
  return {
    events,
    server,
    clientFor: ({ url, ca, agent }, oauth) =>
      createS2SClient({ target: url, ca, oauth, ...(agent === undefined ? {} : { agent }) }, server),
  }
}

/** What an outgoing call must fail with. */
export interface ExpectedFailure {
  readonly code: string
  readonly side: OutgoingSide
  /** The whole of what the operator is told, or a part of it. */
  readonly reason?: RegExp
  /** What must not be told: secrets and tokens. */
  readonly secrets?: readonly string[]
}

/** Asserts how a call fails, and that nothing in the error (nor in what caused it) tells a secret. */
export async function assertCallFails(call: Promise<unknown>, expected: ExpectedFailure): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof OutgoingError, String(error))
    assert.deepEqual([error.code, error.side], [expected.code, expected.side], error.reason)
    if (expected.reason !== undefined) assert.match(String(error.reason), expected.reason)
    const told = tellAll(error)
    for (const secret of expected.secrets ?? []) assert.ok(!told.includes(secret), `a secret is told: ${told}`)
    return true
  })
}

/** Everything that a logger could print of an error. */
export function tellAll(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.stack, error.message, JSON.stringify(error), tellAll(error.cause)].join('\n')
}
