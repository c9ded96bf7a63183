import assert from 'node:assert/strict'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { forgeActor, forgeOuter } = await takeApart(world.farm)
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'rows 50 and 52: a token outside its lifetime',
  app,
  await forgedCases('actor-token-lifetime', await asS2STestIssuer(world.farm)),
)

const endsAt = (expiresAt: number) => (principal: { token: { expiresAt: number } }) => {
  assert.equal(principal.token.expiresAt, expiresAt)
}
const pair = (outerEnd: unknown, actorEnd: unknown): string =>
  forgeOuter({ claims: { exp: outerEnd, actortoken: forgeActor({ claims: { exp: actorEnd } }) } })

describeAccepted('a token within its lifetime', app, [
  {
    name: 'row 51: an outer token that outlives its actor',
    token: pair(NOW + 3000, NOW + 300),
    check: endsAt(NOW + 300),
  },
  { name: 'row 51: an outer token that ends first', token: pair(NOW + 300, NOW + 3000), check: endsAt(NOW + 300) },
  {
    name: 'row 51: an actor that has only its tolerance left',
    token: pair(NOW + 3000, String(NOW - 59)),
    check: endsAt(NOW - 59),
  },
  { name: 'texts and numbers mixed', token: pair(String(NOW + 300), NOW + 400), check: endsAt(NOW + 300) },
  {
    name: 'a lifetime of exactly a day, begun twelve hours ago, with a later iat',
    token: forgeActor({ claims: { nbf: NOW - 43_200, exp: NOW + 43_200, iat: NOW } }),
  },
  { name: 'a clock that is sixty seconds ahead', token: forgeActor({ claims: { nbf: NOW + 60 } }) },
])
