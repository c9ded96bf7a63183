import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, otherFarm, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'row 53: an outer token of a broker that is not plainly unsigned',
  app,
  await forgedCases('signed-outer-token', await asS2STestIssuer(farm)),
)
describeAttack(
  'row 53: an outer token of a self-issuer that is not plainly unsigned',
  app,
  await forgedCases('signed-outer-token', await asS2STestIssuer(otherFarm)),
)
