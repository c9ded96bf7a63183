import { describeAttack, type AttackCase } from '../support/attack.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm } = world
const { actorToken, actorClaims, forgeActor, forgeOuter, wrap } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const

/** A genuine actor token in that many unsigned tokens around each other. */
function wrapTimes(levels: number): string {
  let token = actorToken
  for (let level = 0; level < levels; level++) token = wrap(token)
  return token
}

const unsigned = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const tooLarge = 'ERR_S2S_TOKEN_TOO_LARGE'
const cases: AttackCase[] = [
  { name: 'row 48: an outer token in an outer token (three levels)', token: wrapTimes(2), status: 401, code: unsigned },
  { name: 'row 48: four levels', token: wrapTimes(3), status: 401, code: unsigned },
  { name: 'row 48: six levels', token: wrapTimes(5), status: 401, code: unsigned },
  {
    name: 'row 48: more levels than a token may have room for',
    token: wrapTimes(7).slice(0, 15_000),
    status: 401,
    code: tooLarge,
  },
  {
    name: 'row 48: a signed actor token with an actor token inside',
    token: wrap(forgeActor({ claims: { actortoken: actorToken } })),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: a signed actor token with a user token inside',
    token: wrap(forgeActor({ claims: { actortoken: wrap(actorToken) } })),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: a signed token with an actor token inside, on its own',
    token: forgeActor({ claims: { actortoken: actorToken } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: a signed token with an empty actor token inside, on its own',
    token: forgeActor({ claims: { actortoken: '' } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: a signed token with actortoken null, on its own',
    token: forgeActor({ claims: { actortoken: null } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: a signed user token by the farm, names of both kinds',
    token: forgeActor({ claims: { actortoken: actorToken, iss: farm.issuerName, actor: farm.applicationName } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 48: an outer token whose actor token contains the outer claims too',
    token: forgeOuter({ claims: { actortoken: forgeOuter({ claims: { ...actorClaims, actortoken: actorToken } }) } }),
    status: 401,
    code: unsigned,
  },
]

describeAttack('actor tokens within actor tokens', { s2s: world.options, resources }, cases)
