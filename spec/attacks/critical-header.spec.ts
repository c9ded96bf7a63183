import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'row 21: a header parameter that changes what a token means',
  app,
  await forgedCases('critical-header', await asTestIssuer(oauth)),
)
describeAttack(
  'row 21: a header parameter that changes what a token of a farm means',
  app,
  await forgedCases('critical-header', await asS2STestIssuer(farm)),
)
