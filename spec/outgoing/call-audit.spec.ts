import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { auditChannelName, createAuditLog } from '../../lib/audit/audit-log.ts'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { createCallAudit, type AuditedToken, type CallAudit } from '../../lib/outgoing/call-audit.ts'
import { fixedClock as clock, NOW as time } from '../support/clock.ts'

const target = new URL('https://user:secret@portal.fabrikam.example:8443/secret?secret#secret')
const resource = 'https://portal.fabrikam.example:8443'
const about: AuditedToken = {
  key: {
    issuer: 'broker@realm',
    application: 'app@realm',
    audience: 'a',
    realm: 'r',
    user: ['x'],
    kind: 'user+app',
    keyId: 'k',
  },
  user: { nameid: 'dana', nii: 'store', upn: 'u' },
  target,
}
const who = { issuer: 'broker@realm', application: { id: 'app', realm: 'realm' }, kind: 'user+app', resource }
const user = { id: 'dana', nii: 'store', upn: 'u', smtp: undefined, sip: undefined }

function collect(act: (audit: CallAudit) => void): readonly AuditEvent[] {
  const events: AuditEvent[] = []
  act(createCallAudit({ clock, audit: createAuditLog({ clock, onAuditEvent: (event) => events.push(event) }) }))
  assert.ok(!JSON.stringify(events).includes('secret'))
  return events
}

function failure(code: OutgoingError['code']): OutgoingError {
  return new OutgoingError(code as 'ERR_S2S_TARGET_REDIRECT', 'why', { side: 'target', cause: new Error('secret') })
}

describe('createCallAudit', () => {
  it('says which token was made, for whom, without the token', () => {
    const tokenId = createHash('sha256').update('secret token').digest('base64url')
    const events = collect((audit) => {
      audit.minted('secret token', about)
    })
    assert.deepEqual(events, [{ name: 'token.minted', outcome: 'notice', time, tokenId, ...who, user }])
  })

  it('says to what a token is bound', () => {
    const events: AuditEvent[] = []
    const audit = createAuditLog({ clock, onAuditEvent: (event) => events.push(event) })
    createCallAudit({ clock, audit }, 'token.obtained', 'dpop').minted('secret token', about)
    assert.deepEqual([events[0]?.name, events[0]?.boundTo], ['token.obtained', 'dpop'])
  })

  it('names nobody for the application itself', () => {
    const key = { ...about.key, kind: 'app' as const, application: 'https://an.odd/name@x' }
    const [event] = collect((audit) => {
      audit.minted('secret token', { key, user: undefined, target })
    })
    assert.deepEqual([event?.kind, event && 'user' in event], ['app', false])
    assert.deepEqual(event?.application, { id: 'https://an.odd/name@x', realm: undefined })
  })

  it('says that the target refused a new token', () => {
    const reason = 'the target answered 401 to a token that was made for this call'
    const events = collect((audit) => {
      audit.refused(about)
    })
    assert.deepEqual(events, [{ name: 'call.failed', outcome: 'refused', reason, time, ...who, user }])
  })

  const failures = [
    ['ERR_S2S_TARGET_UNREACHABLE', 'unavailable'],
    ['ERR_S2S_TARGET_TIMEOUT', 'unavailable'],
    ['ERR_S2S_TARGET_REDIRECT', 'refused'],
    ['ERR_S2S_TARGET_DOES_NOT_TRUST_US', 'refused'],
    ['ERR_S2S_OUTGOING_REQUEST_INVALID', 'refused'],
  ] as const
  for (const [code, outcome] of failures) {
    it(`says that a call failed: ${code} is ${outcome}`, () => {
      const events = collect((audit) => {
        audit.failed(failure(code), target)
      })
      assert.deepEqual(events, [{ name: 'call.failed', outcome, code, reason: 'why', resource, time }])
    })
  }

  it("is silent about a caller's own abort", () => {
    const events = collect((audit) => {
      audit.failed(new DOMException('aborted', 'AbortError'), target)
    })
    assert.deepEqual(events, [])
  })

  it('publishes on the diagnostics channel without an audit log too', () => {
    const events: unknown[] = []
    const listen = (event: unknown): void => void events.push(event)
    subscribe(auditChannelName, listen)
    try {
      createCallAudit({ clock }).failed(failure('ERR_S2S_TARGET_TIMEOUT'), target)
    } finally {
      unsubscribe(auditChannelName, listen)
    }
    assert.equal(events.length, 1)
  })
})
