import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditEvent, ErrorCode } from 'passport-s2s'
import { judgeChecks, type CallEvidence } from '../../example-app/console/checks.ts'

const refusal = (code: string, outcome: AuditEvent['outcome'] = 'refused'): AuditEvent => ({
  name: 'token.rejected',
  time: 0,
  outcome,
  code: code as ErrorCode,
})

/** How often each state comes up. */
function count(evidence: Partial<CallEvidence>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { state } of judgeChecks({ status: 401, events: [], forUser: false, ...evidence })) {
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

describe('the checks that the console shows', () => {
  it('claims nothing of a code that it does not know, nor of an answer that nobody explains', () => {
    assert.deepEqual(count({ events: [refusal('ERR_S2S_OF_TOMORROW')] }), { 'not reached': 15 })
    assert.deepEqual(count({ status: 200 }), { 'not reached': 15 })
    assert.deepEqual(count({ status: 502 }), { 'not reached': 15 })
  })

  it('takes the last refusal, and does not call an outage a failure', () => {
    const events = [refusal('ERR_S2S_TOKEN_EXPIRED'), refusal('ERR_S2S_KEYS_UNREACHABLE', 'unavailable')]
    assert.deepEqual(count({ events, forUser: true }), { passed: 8, 'not possible': 1, 'not reached': 6 })
  })

  it('says that all passed when the guard let the call through, whatever the handler made of it', () => {
    const events: AuditEvent[] = [{ name: 'access.allowed', time: 0, outcome: 'accepted' }]
    assert.deepEqual(count({ status: 404, events, forUser: true }), { passed: 15 })
    assert.deepEqual(count({ status: 404, events }), { passed: 12, 'not needed': 3 })
  })

  it('asks who brings no credential for one', () => {
    assert.deepEqual(count({}), { passed: 1, failed: 1, 'not reached': 13 })
  })
})
