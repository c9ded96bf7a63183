import type { AttackCase } from '../support/attack.ts'
import { describeAttack } from '../support/attack.ts'
import { describeAccepted } from '../support/accepted.ts'
import { compact } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { actorToken, outerClaims, forgeOuter, wrap } = await takeApart(world.farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const notAToken = 'ERR_S2S_TOKEN_MALFORMED'

const notTexts: readonly [name: string, value: unknown][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['a number', 7],
  ['an object', { token: actorToken }],
  ['an empty object', {}],
  ['an array', [actorToken]],
  ['an empty array', []],
]

const texts: readonly [name: string, value: string][] = [
  ['empty', ''],
  ['a space', ' '],
  ['a newline', '\n'],
  ['NUL', '\0'],
  ['garbage', 'garbage'],
  ['only dots', '..'],
  ['Bearer x', 'Bearer x'],
  ['Bearer and a genuine actor token', `Bearer ${actorToken}`],
  ['a genuine actor token after a space', ` ${actorToken}`],
  ['a genuine actor token before a space', `${actorToken} `],
  ['a genuine actor token before a newline', `${actorToken}\n`],
  ['a genuine actor token in quotes', `"${actorToken}"`],
  ['two genuine actor tokens', `${actorToken},${actorToken}`],
  ['a genuine actor token with padding', `${actorToken}==`],
]

const cases: AttackCase[] = [
  {
    name: 'row 39: no actortoken',
    token: forgeOuter({ claims: { actortoken: undefined } }),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  {
    name: 'row 39: nothing but an empty object',
    token: compact({ alg: 'none' }, {}),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  {
    name: 'row 39: no actortoken, but claims of a signed token',
    token: forgeOuter({ claims: { ...outerClaims, actortoken: undefined, trustedfordelegation: 'true' } }),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  ...[...notTexts, ...texts].map(([name, value]) => ({
    name: `row 39: actortoken is ${name}`,
    token: wrap(value),
    status: 401,
    code: notAToken,
  })),
]

describeAttack('an unsigned token without an actor token', { s2s: world.options, resources }, cases)

describeAccepted('an unsigned token around an actor token', { s2s: world.options, resources }, [
  { name: 'the genuine pair that these attacks are made of', token: wrap(actorToken) },
])
