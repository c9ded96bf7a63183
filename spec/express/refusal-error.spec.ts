import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createGuardContext } from '../../lib/express/guard-context.ts'
import { keepRefusal, refusalError, refuseMissingCaller } from '../../lib/express/refusal-error.ts'
import { credentialRefusal } from '../../lib/express/refusal.ts'
import { recordOf } from '../../lib/express/request-record.ts'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import { fixedClock, NOW } from '../support/clock.ts'

const events: AuditEvent[] = []
const challenges = createChallenges({ realm: 'r' })
const audit = createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) })
const context = createGuardContext(
  { correlationIdHeader: 'X-Request-Id' },
  { audit, challenges, userRights: undefined },
)
const requestWith = (headers: object): IncomingMessage => ({ headers }) as unknown as IncomingMessage

describe('refusalError', () => {
  it('gives the error the headers of its answer, and keeps the answer', () => {
    const request = requestWith({})
    const error = new TokenError('ERR_S2S_TOKEN_EXPIRED')
    assert.equal(refusalError(error, { request, context }), error)
    assert.deepEqual(error.headers, {
      'Cache-Control': 'no-store',
      'WWW-Authenticate': 'Bearer realm="r", error="invalid_token", error_description="The token has expired."',
    })
    assert.equal(recordOf(request).refusal?.code, 'ERR_S2S_TOKEN_EXPIRED')
    assert.notEqual(error.headers, recordOf(request).refusal?.headers)
  })
})

describe('keepRefusal', () => {
  it('gives back what it keeps', () => {
    const request = requestWith({})
    const refusal = credentialRefusal('none', challenges)
    assert.equal(keepRefusal(request, refusal), refusal)
    assert.equal(recordOf(request).refusal, refusal)
  })
})

describe('refuseMissingCaller', () => {
  for (const { kind, headers, reason } of [
    { kind: 'none', headers: {}, reason: 'no bearer token was sent' },
    { kind: 'empty', headers: { authorization: 'Bearer' }, reason: 'no bearer token was sent' },
    { kind: 'other-scheme', headers: { authorization: 'Basic YTpi' }, reason: 'no bearer token was sent' },
    {
      kind: 'none',
      headers: { authorization: 'Bearer a.b.c' },
      reason: 'this server authenticated no caller for the request',
    },
  ] as const) {
    it(`tells the audit log of ${kind} with ${JSON.stringify(headers)}: ${reason}`, () => {
      const request = requestWith({ ...headers, 'x-request-id': 'id-1' })
      const refusal = refuseMissingCaller(request, kind, context)
      assert.equal(refusal.status, 401)
      assert.equal(recordOf(request).refusal, refusal)
      assert.deepEqual(events.pop(), {
        name: 'request.rejected',
        outcome: 'notice',
        reason,
        correlationId: 'id-1',
        time: NOW,
      })
    })
  }
})
