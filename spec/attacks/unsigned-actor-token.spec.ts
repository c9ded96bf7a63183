import { describeAttack, type AttackCase } from '../support/attack.ts'
import { compact, flipSignatureBit } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { actorHeader, actorClaims, actorToken, forgeActor, wrap } = await takeApart(world.farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const [head = '', body = '', signature = ''] = actorToken.split('.')

const algorithms: readonly [name: string, alg: unknown][] = [
  ['none', 'none'],
  ['None', 'None'],
  ['NONE', 'NONE'],
  ['nOnE', 'nOnE'],
  ['none after a space', ' none'],
  ['none and NUL', 'none\0'],
  ['none with a Cyrillic o', 'n\u043ene'],
  ['empty', ''],
  ['null', null],
  ['missing', undefined],
  ['a list with RS256', ['RS256']],
  ['rs256', 'rs256'],
]

const cases: AttackCase[] = algorithms.flatMap(([name, alg]) => [
  {
    name: `row 41: actor with alg ${name}, unsigned`,
    token: wrap(compact({ ...actorHeader, alg }, actorClaims)),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  {
    name: `row 41: actor with alg ${name}, properly signed all the same`,
    token: wrap(forgeActor({ header: { alg } })),
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
])

const refused = (name: string, actor: string, code: AttackCase['code']): AttackCase => ({
  name: `row 41: ${name}`,
  token: wrap(actor),
  status: 401,
  code,
})

cases.push(
  refused('actor with its signature stripped', `${head}.${body}.`, 'ERR_S2S_SIGNATURE_INVALID'),
  refused('actor of two segments', `${head}.${body}`, 'ERR_S2S_TOKEN_MALFORMED'),
  refused('actor of one segment', body, 'ERR_S2S_TOKEN_MALFORMED'),
  refused('actor of four segments', `${actorToken}.${signature}`, 'ERR_S2S_TOKEN_MALFORMED'),
  refused('actor of five segments', `${head}..${body}.${signature}.${signature}`, 'ERR_S2S_TOKEN_MALFORMED'),
  refused('actor with a dot in front', `.${actorToken}`, 'ERR_S2S_TOKEN_MALFORMED'),
  refused('actor with a signature of one byte', `${head}.${body}.AA`, 'ERR_S2S_SIGNATURE_INVALID'),
  refused('actor with a signature of zeros', `${head}.${body}.${'A'.repeat(342)}`, 'ERR_S2S_SIGNATURE_INVALID'),
  refused('actor with half its signature', `${head}.${body}.${signature.slice(0, 168)}`, 'ERR_S2S_SIGNATURE_INVALID'),
  refused('actor with one bit of its signature flipped', flipSignatureBit(actorToken), 'ERR_S2S_SIGNATURE_INVALID'),
)

describeAttack('an actor token that nobody signed', { s2s: world.options, resources }, cases)
