import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'row 20: a token that is encrypted, nested or serialised otherwise',
  app,
  await forgedCases('encrypted-token', await asTestIssuer(oauth)),
)
describeAttack(
  'row 20: an actor token that is encrypted or serialised otherwise',
  app,
  await forgedCases('encrypted-token', await asS2STestIssuer(farm)),
)
