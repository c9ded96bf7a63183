import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'row 41: an actor token that nobody signed',
  app,
  await forgedCases('unsigned-actor-token', await asS2STestIssuer(farm)),
)
