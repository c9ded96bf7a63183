import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, it } from 'node:test'
import { anonymousDerivation } from '../../lib/permissions/decide.ts'
import { correlationIdOf, decisionOf, keepDecision, principalOf, recordOf } from '../../lib/express/request-record.ts'

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

  it('gives the decision that was made, the same whenever it is asked for, frozen', () => {
    const request = {}
    const scopes = ['x.read']
    keepDecision(request, { name: 'GET /x', requirement: { scopes } }, { derive: () => anonymousDerivation })
    const decision = decisionOf(request)
    assert.deepEqual(decision, { resource: 'GET /x', required: ['x.read'], allowed: true })
    assert.equal(decisionOf(request), decision)
    assert.ok(Object.isFrozen(decision) && Object.isFrozen(decision.required) && !Object.isFrozen(scopes))
  })

  it('gives a later decision in place of an earlier one', () => {
    const request = {}
    for (const name of ['GET /x', 'GET /y']) {
      keepDecision(request, { name, requirement: { scopes: [] } }, { derive: () => anonymousDerivation })
      assert.equal(decisionOf(request).resource, name)
    }
  })

  it('has a derivation that is worked out once, when it is asked for, and that no serializer finds', () => {
    const request = {}
    let questions = 0
    const derive = (): typeof anonymousDerivation => {
      questions += 1
      return anonymousDerivation
    }
    keepDecision(request, { name: 'GET /x', requirement: { scopes: ['x.read'] } }, { derive })
    const visible = { resource: 'GET /x', required: ['x.read'], allowed: true }
    assert.deepEqual({ ...decisionOf(request) }, visible)
    assert.deepEqual(JSON.parse(JSON.stringify(decisionOf(request))), visible)
    assert.equal(questions, 0)
    assert.equal(decisionOf(request).derivation, anonymousDerivation)
    assert.equal(decisionOf(request).derivation, anonymousDerivation)
    assert.equal(questions, 1)
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
