import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const farm = await asS2STestIssuer(world.farm)

describeAttack(
  'row 39: an unsigned token without an actor token',
  app,
  await forgedCases('outer-token-without-actor', farm),
)

describeAccepted('an unsigned token around an actor token', app, [
  { name: 'the genuine pair that these attacks are made of', token: farm.userToken() },
])
