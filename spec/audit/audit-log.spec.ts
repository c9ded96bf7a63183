import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { auditChannelName, createAuditLog } from '../../lib/audit/audit-log.ts'
import { fixedClock, makeMovableClock, NOW } from '../support/clock.ts'

const accepted = { name: 'token.accepted', outcome: 'accepted', issuer: 'login' } as const
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Collects the warnings that `work` causes. */
async function warningsOf(work: () => void): Promise<readonly (Error & { code?: string })[]> {
  const warnings: Error[] = []
  const collect = (warning: Error): void => void warnings.push(warning)
  process.on('warning', collect)
  work()
  await nextTurn()
  await nextTurn()
  process.off('warning', collect)
  return warnings
}

describe('the audit log', () => {
  it('gives the listener the event with its time, frozen', () => {
    const events: AuditEvent[] = []
    const audit = createAuditLog({ onAuditEvent: (event) => events.push(event), clock: fixedClock })
    audit.emit(() => accepted)
    assert.deepEqual(events, [{ ...accepted, time: NOW }])
    assert.ok(Object.isFrozen(events[0]))
  })

  it('builds no event when nobody listens', () => {
    const audit = createAuditLog({ clock: fixedClock })
    assert.equal(audit.isListening(), false)
    audit.emit(() => assert.fail('an event was built'))
  })

  it('publishes on the diagnostics channel while somebody has subscribed', () => {
    const received: unknown[] = []
    const listener = (message: unknown): void => void received.push(message)
    const audit = createAuditLog({ clock: fixedClock })
    subscribe(auditChannelName, listener)
    assert.equal(audit.isListening(), true)
    audit.emit(() => accepted)
    unsubscribe(auditChannelName, listener)
    assert.equal(audit.isListening(), false)
    audit.emit(() => accepted)
    assert.deepEqual(received, [{ ...accepted, time: NOW }])
  })

  it('gives the same event to the channel and the listener', () => {
    const received: unknown[] = []
    const listener = (message: unknown): void => void received.push(message)
    const audit = createAuditLog({ onAuditEvent: (event) => received.push(event), clock: fixedClock })
    subscribe('passport-s2s:audit', listener)
    audit.emit(() => accepted)
    unsubscribe('passport-s2s:audit', listener)
    assert.equal(received.length, 2)
    assert.equal(received[0], received[1])
  })

  for (const { name, onAuditEvent } of [
    {
      name: 'throws',
      onAuditEvent: (): never => {
        throw new TypeError('disk full')
      },
    },
    { name: 'rejects', onAuditEvent: (): Promise<never> => Promise.reject(new TypeError('disk full')) },
  ]) {
    it(`turns a listener that ${name} into a process warning`, async () => {
      const audit = createAuditLog({ onAuditEvent, clock: fixedClock })
      const [warning] = await warningsOf(() => {
        audit.emit(() => accepted)
      })
      assert.equal(warning?.name, 'PassportS2SWarning')
      assert.equal(warning.code, 'S2S_AUDIT_LISTENER_FAILED')
      assert.match(warning.message, /TypeError: disk full/)
    })
  }

  it('turns an event that cannot be built, and a thrown value that is no Error, into a warning', async () => {
    const audit = createAuditLog({ onAuditEvent: () => undefined, clock: fixedClock })
    const [warning] = await warningsOf(() => {
      audit.emit(() => {
        throw 'secret' as unknown as Error
      })
    })
    assert.match(warning?.message ?? '', /what was thrown is not an Error/)
    assert.doesNotMatch(warning?.message ?? '', /secret/)
  })

  it('warns once a minute at most, and keeps delivering', async () => {
    let calls = 0
    const { clock, advance } = makeMovableClock()
    const audit = createAuditLog({
      onAuditEvent: () => {
        calls++
        throw new Error('disk full')
      },
      clock,
    })
    const warnings = await warningsOf(() => {
      for (const seconds of [0, 1, 58, 1, 30]) {
        advance(seconds)
        audit.emit(() => accepted)
      }
    })
    assert.equal(calls, 5)
    assert.equal(warnings.length, 2)
  })
})
