import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { S2SPrincipal } from '../../lib/identity/principal.ts'
import type { ShadowRefusal } from '../../lib/permissions/decide.ts'
import { createShadowCounts } from '../../lib/permissions/shadow-counts.ts'

const refusal: ShadowRefusal = { code: 'ERR_S2S_SCOPE_MISSING', missing: ['x'], by: 'rule' }
const caller = (id: string, changes: Partial<S2SPrincipal> = {}): S2SPrincipal => ({
  kind: 'app',
  application: { id },
  issuer: 'login',
  actorChain: [id],
  permissions: [],
  token: { format: 'jwt', expiresAt: 0 },
  ...changes,
})

describe('createShadowCounts', () => {
  it('counts by rule, caller and reason, the most frequent first', () => {
    const { count, report } = createShadowCounts()
    count('GET /x', caller('a'), refusal)
    for (const principal of [caller('b'), caller('b', { user: { issuer: 'login', id: 'dana' } })]) {
      count('GET /x', principal, refusal)
    }
    count('GET /y', caller('b', { application: { id: 'b', realm: 'r', name: 'B' } }), refusal)
    count('GET /y', caller('b', { kind: 'user+app' }), { ...refusal, code: 'ERR_S2S_USER_RIGHT_MISSING' })
    const common = { issuer: 'login', kind: 'app', code: 'ERR_S2S_SCOPE_MISSING' }
    assert.deepEqual(report(), {
      refusals: [
        { ...common, rule: 'GET /x', application: { id: 'b' }, count: 2 },
        { ...common, rule: 'GET /x', application: { id: 'a' }, count: 1 },
        { ...common, rule: 'GET /y', application: { id: 'b', realm: 'r' }, count: 1 },
        {
          ...common,
          rule: 'GET /y',
          application: { id: 'b' },
          ...{ kind: 'user+app', code: 'ERR_S2S_USER_RIGHT_MISSING', count: 1 },
        },
      ],
      others: 0,
    })
  })

  it('gives a report that does not change any more', () => {
    const { count, report } = createShadowCounts()
    count('GET /x', caller('a'), refusal)
    const before = report()
    count('GET /x', caller('a'), refusal)
    assert.deepEqual([before.refusals[0]?.count, report().refusals[0]?.count], [1, 2])
    assert.ok(Object.isFrozen(before) && Object.isFrozen(before.refusals) && Object.isFrozen(before.refusals[0]))
  })

  it('is bounded: what finds no place is counted together, and known ones go on', () => {
    const { count, report } = createShadowCounts()
    for (let number = 0; number < 1005; number += 1) count('GET /x', caller(`a${number}`), refusal)
    count('GET /x', caller('a0'), refusal)
    const { refusals, others } = report()
    assert.deepEqual([refusals.length, others, refusals[0]?.count], [1000, 5, 2])
  })
})
