import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'row 11: an OAuth token without a signature',
  app,
  await forgedCases('unsigned-token', await asTestIssuer(oauth)),
)
describeAttack(
  'row 11: an S2S token without a signature',
  app,
  await forgedCases('unsigned-token', await asS2STestIssuer(farm)),
)
