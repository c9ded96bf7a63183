import { compact } from '../forge-token.ts'
import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const unsigned = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const notAToken = 'ERR_S2S_TOKEN_MALFORMED'

const insteadOfIt = (actorToken: string): Oddities => ({
  null: null,
  true: true,
  false: false,
  'a number': 7,
  'an object': { token: actorToken },
  'an empty object': {},
  'an array': [actorToken],
  'an empty array': [],
  empty: '',
  'a space': ' ',
  'a newline': '\n',
  NUL: '\0',
  garbage: 'garbage',
  'only dots': '..',
  'Bearer x': 'Bearer x',
  'Bearer and a genuine actor token': `Bearer ${actorToken}`,
  'a genuine actor token after a space': ` ${actorToken}`,
  'a genuine actor token before a space': `${actorToken} `,
  'a genuine actor token before a newline': `${actorToken}\n`,
  'a genuine actor token in quotes': `"${actorToken}"`,
  'two genuine actor tokens': `${actorToken},${actorToken}`,
  'a genuine actor token with padding': `${actorToken}==`,
})

/** An unsigned outer token is nothing without the signed token inside. */
export const outerTokenWithoutActor: AttackFamily<S2SSetup> = {
  family: 'outer-token-without-actor',
  cve: 'CVE-2023-29357',
  reason: 'an unsigned token is believed although nobody signed anything',
  rows: ({ actorToken, outerClaims, forgeOuter, wrap }): AttackRow[] => [
    ['no actortoken', forgeOuter({ claims: { actortoken: undefined } }), unsigned],
    ['nothing but an empty object', compact({ alg: 'none' }, {}), unsigned],
    [
      'no actortoken, but claims of a signed token',
      forgeOuter({ claims: { ...outerClaims, actortoken: undefined, trustedfordelegation: 'true' } }),
      unsigned,
    ],
    ...rowsOf(insteadOfIt(actorToken), (name, value): AttackRow => [`actortoken is ${name}`, wrap(value), notAToken]),
  ],
}
