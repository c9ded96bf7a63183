import { describeAttack, type AttackCase } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const farm = await asS2STestIssuer(world.farm)
const other = await asS2STestIssuer(world.otherFarm)
const mismatch = { status: 401, code: 'ERR_S2S_ACTOR_MISMATCH' } as const

const nameOf = ({ applicationName }: typeof farm): string => applicationName.replace(/@.*$/, '')
const realmOf = ({ applicationName }: typeof farm): string => applicationName.replace(/^.*@/, '')

/** Both are trusted, each for itself. */
const swapped: AttackCase[] = [
  {
    name: 'row 44: the genuine actor token of another application inside',
    token: farm.userToken({ claims: { actortoken: other.actorToken() } }),
    ...mismatch,
  },
  {
    name: 'row 44: the genuine actor token inside the outer token of another application',
    token: other.userToken({ claims: { actortoken: farm.actorToken() } }),
    ...mismatch,
  },
  {
    name: 'row 44: iss of the outer token is the application of another farm',
    token: farm.userToken({ claims: { iss: other.applicationName } }),
    ...mismatch,
  },
  {
    name: 'row 44: iss of the outer token is its own application in the realm of another farm',
    token: farm.userToken({ claims: { iss: `${nameOf(farm)}@${realmOf(other)}` } }),
    ...mismatch,
  },
]

describeAttack('rows 44 and 45: an outer token around the actor token of somebody else', app, [
  ...(await forgedCases('swapped-actor-token', farm)),
  ...swapped,
])
