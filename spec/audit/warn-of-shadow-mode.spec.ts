import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { warnOfShadowMode } from '../../lib/audit/warn-of-shadow-mode.ts'
import { fixedClock } from '../support/clock.ts'

describe('warnOfShadowMode', () => {
  for (const { tried, told } of [
    { tried: ['GET /x', 'issuer farm'], told: 1 },
    { tried: [], told: 0 },
  ]) {
    it(`warns process and log ${told} times of ${tried.length} things that are tried`, async () => {
      const events: AuditEvent[] = []
      const warnings: (Error & { code?: string })[] = []
      const hear = (warning: Error): unknown => warnings.push(warning)
      process.on('warning', hear)
      warnOfShadowMode(tried, createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) }))
      await nextTurn()
      process.off('warning', hear)
      assert.deepEqual(
        events.map(({ name, outcome }) => [name, outcome]),
        Array.from({ length: told }, () => ['shadow-mode.on', 'notice']),
      )
      assert.deepEqual(
        warnings.map(({ code }) => code),
        Array.from({ length: told }, () => 'S2S_SHADOW_MODE'),
      )
      for (const text of [...events.map(({ reason }) => reason), ...warnings.map(({ message }) => message)]) {
        assert.match(String(text), /callers without permission pass: GET \/x, issuer farm$/)
      }
    })
  }
})
