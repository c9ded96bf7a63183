import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const oauth = await asTestIssuer(world.oauth)
const farm = await asS2STestIssuer(world.farm)

describeAttack(
  'rows 29 to 31: a token that never ends, has ended, or is not valid yet',
  app,
  await forgedCases('token-lifetime', oauth),
)
describeAttack('rows 29 to 31: dates of a farm', app, await forgedCases('token-lifetime', farm))

const oauthToken = (claims: Readonly<Record<string, unknown>>): string =>
  oauth.appToken({ scopes: ['reports.read'], claims })

describeAccepted('dates within the limits', app, [
  { name: 'past within the tolerance', token: oauthToken({ iat: NOW - 600, exp: NOW - 59 }) },
  { name: 'a fraction', token: oauthToken({ exp: NOW + 0.5 }) },
  { name: 'a whole day', token: oauthToken({ iat: NOW, exp: NOW + 86_400 }) },
  { name: 'nbf and iat ahead within the tolerance', token: oauthToken({ nbf: NOW + 60, iat: NOW + 60 }) },
  { name: 'no iat and no nbf', token: oauthToken({ iat: undefined }) },
  { name: 'numbers of a farm', token: farm.appToken({ claims: { nbf: NOW - 43_200, exp: NOW + 43_200, iat: NOW } }) },
])
