import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { correlationIdOf, decisionOf, principalOf, recordOf } from '../../lib/express/request-record.ts'

const requestWith = (headers: object): IncomingMessage => ({ headers }) as unknown as IncomingMessage

describe('the record of a request', () => {
  it('has no principal and no decision before a guard put them there, whatever the request looks like', () => {
    const request = { user: { kind: 'app', application: { id: 'svc' } }, decision: { resource: 'GET /x' } }
    assert.throws(() => principalOf(request), { code: 'ERR_S2S_NOT_PROTECTED' })
    assert.throws(() => decisionOf(request), { code: 'ERR_S2S_NOT_PROTECTED' })
    recordOf(request)
    assert.throws(() => principalOf(request), { code: 'ERR_S2S_NOT_PROTECTED' })
    assert.throws(() => decisionOf(request), { code: 'ERR_S2S_NOT_PROTECTED' })
  })

  it('gives the decision that was made', () => {
    const request = {}
    const decision = { resource: 'GET /x', required: ['x.read'] }
    recordOf(request).decision = decision
    assert.equal(decisionOf(request), decision)
  })

  it('takes a harmless correlation id from the configured header, and keeps it', () => {
    const request = requestWith({ 'x-request-id': 'abc-1.2_3' })
    assert.equal(correlationIdOf(request, 'x-request-id'), 'abc-1.2_3')
    request.headers['x-request-id'] = 'other'
    assert.equal(correlationIdOf(request, 'x-request-id'), 'abc-1.2_3')
  })

  it('makes one otherwise', () => {
    const uuid = /^[0-9a-f-]{36}$/
    for (const value of [undefined, '', 'a b', 'a\nb', 'é', 'x'.repeat(65), ['a']]) {
      assert.match(correlationIdOf(requestWith({ 'x-request-id': value }), 'x-request-id'), uuid)
    }
    assert.match(correlationIdOf(requestWith({ 'x-request-id': 'abc' }), undefined), uuid)
  })
})
