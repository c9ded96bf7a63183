import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { describeAttack } from '../support/attack.ts'
import { startCanary } from '../support/canary.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const canary = await startCanary()
after(() => canary.close())

describeAttack(
  'row 42: an actor token made by an attacker',
  app,
  await forgedCases('forged-actor-token', await asS2STestIssuer(farm), { attackerUrl: canary.url }),
)

describe('an actor token that points at the attacker', () => {
  it('makes nobody fetch anything', () => {
    assert.equal(canary.connections(), 0)
  })
})
