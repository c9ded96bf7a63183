import type { AttackFamily } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const unsigned = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const invalid = 'ERR_S2S_CLAIM_INVALID'

/** A genuine actor token in that many unsigned tokens around each other. */
function wrapTimes({ actorToken, wrap }: S2SSetup, levels: number): string {
  let token = actorToken
  for (let level = 0; level < levels; level += 1) token = wrap(token)
  return token
}

/** Actor tokens within actor tokens. */
export const nestedActorToken: AttackFamily<S2SSetup> = {
  family: 'nested-actor-token',
  reason: 'an actor token contains another token, and the wrong one of them is believed',
  rows: (setup) => {
    const { actorToken, actorClaims, forgeActor, forgeOuter, wrap, issuer } = setup
    const around = (actortoken: unknown): string => forgeActor({ claims: { actortoken } })
    return [
      ['an outer token in an outer token (three levels)', wrapTimes(setup, 2), unsigned],
      ['four levels', wrapTimes(setup, 3), unsigned],
      ['six levels', wrapTimes(setup, 5), unsigned],
      ['more levels than a token may have room for', wrapTimes(setup, 7).slice(0, 15_000), 'ERR_S2S_TOKEN_TOO_LARGE'],
      ['a signed actor token with an actor token inside', wrap(around(actorToken)), invalid],
      ['a signed actor token with a user token inside', wrap(around(wrap(actorToken))), invalid],
      ['a signed token with an actor token inside, on its own', around(actorToken), invalid],
      ['a signed token with an empty actor token inside, on its own', around(''), invalid],
      ['a signed token with actortoken null, on its own', around(null), invalid],
      [
        'a signed user token by the farm, names of both kinds',
        forgeActor({ claims: { actortoken: actorToken, iss: issuer.issuer, actor: issuer.applicationName } }),
        invalid,
      ],
      [
        'an outer token whose actor token contains the outer claims too',
        wrap(forgeOuter({ claims: { ...actorClaims, actortoken: actorToken } })),
        unsigned,
      ],
    ]
  },
}
