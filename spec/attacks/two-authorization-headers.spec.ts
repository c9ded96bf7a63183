import { describeAttack, type AttackCase } from '../support/attack.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const good = `Bearer ${await oauth.token({ claims: { scope: 'reports.read' } })}`
const bad = flipSignatureBit(good)
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

type Headers = NonNullable<AttackCase['headers']>

const pairs: Readonly<Record<string, Headers>> = {
  'first bad': [
    ['Authorization', bad],
    ['Authorization', good],
  ],
  'first good': [
    ['Authorization', good],
    ['Authorization', bad],
  ],
  identical: [
    ['Authorization', good],
    ['Authorization', good],
  ],
  'in other letter cases': [
    ['AUTHORIZATION', good],
    ['authorization', bad],
  ],
  'far apart': [
    ['Authorization', good],
    ['Accept', '*/*'],
    ['X-Name', 'authorization'],
    ['aUTHORIZATION', bad],
  ],
  'first empty': [
    ['Authorization', ''],
    ['Authorization', good],
  ],
  'first an empty Bearer': [
    ['Authorization', 'Bearer'],
    ['Authorization', good],
  ],
  'last an empty Bearer': [
    ['Authorization', good],
    ['Authorization', 'Bearer'],
  ],
  'first of another scheme': [
    ['Authorization', 'Basic dXNlcjpwYXNz'],
    ['Authorization', good],
  ],
  'last of another scheme': [
    ['Authorization', good],
    ['Authorization', 'Negotiate'],
  ],
  'both empty': [
    ['Authorization', ''],
    ['Authorization', ''],
  ],
  'three of them': [
    ['Authorization', good],
    ['Authorization', good],
    ['Authorization', good],
  ],
}

describeAttack(
  'two Authorization headers',
  app,
  Object.entries(pairs).map(([name, headers]) => ({
    name: `row 4: ${name}`,
    headers,
    status: 400,
    code: 'ERR_S2S_HEADER_MALFORMED',
  })),
)
