import { describeAttack, type AttackCase } from '../support/attack.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, otherFarm } = world
const { forgeActor, forgeOuter } = await takeApart(farm)
const other = await takeApart(otherFarm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const name = farm.applicationName
const id = name.slice(0, name.indexOf('@'))
const realm = name.slice(name.indexOf('@') + 1)

const otherTexts: readonly [name: string, iss: string][] = [
  ['another application', `c3ab8885-458f-4864-8804-1608145e2ac4@${realm}`],
  ['the application of another farm', otherFarm.applicationName],
  ['in upper case', name.toUpperCase()],
  ['with the id in upper case', `${id.toUpperCase()}@${realm}`],
  ['with the realm in upper case', `${id}@${realm.toUpperCase()}`],
  ['after a space', ` ${name}`],
  ['before a space', `${name} `],
  ['before a newline', `${name}\n`],
  ['before NUL', `${name}\0`],
  ['without realm', id],
  ['with an empty realm', `${id}@`],
  ['of another realm', `${id}@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2`],
  ['of any realm', `${id}@*`],
  ['a prefix', name.slice(0, -1)],
  ['with a suffix', `${name}0`],
  ['its realm alone', realm],
  ['the issuer of the actor token', farm.issuerName],
  ['with %40', name.replace('@', '%40')],
  ['with a full-width @', name.replace('@', '\uff20')],
  ['the audience', `00000003-0000-0ff1-ce00-000000000000@${realm}`],
  ['__proto__', '__proto__'],
]

const notTexts: readonly [name: string, iss: unknown][] = [
  ['a list', [name]],
  ['a list of two', [name, farm.issuerName]],
  ['null', null],
  ['a number', 4],
  ['true', true],
  ['an object', { toString: name }],
  ['empty', ''],
  ['missing', undefined],
]

const mismatches: AttackCase[] = otherTexts.map(([title, iss]) => ({
  name: `row 44: iss of the outer token is ${title}`,
  token: forgeOuter({ claims: { iss } }),
  status: 401,
  code: 'ERR_S2S_ACTOR_MISMATCH',
}))

const invalid: AttackCase[] = notTexts.map(([title, iss]) => ({
  name: `row 44: iss of the outer token is ${title}`,
  token: forgeOuter({ claims: { iss } }),
  status: 401,
  code: 'ERR_S2S_CLAIM_INVALID',
}))

const swapped: AttackCase[] = [
  {
    name: 'row 44: the genuine actor token of another application inside',
    token: forgeOuter({ claims: { actortoken: other.actorToken } }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
  {
    name: 'row 44: the genuine actor token inside the outer token of another application',
    token: other.forgeOuter({ claims: { actortoken: forgeActor() } }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
]

const bothTheSame: AttackCase[] = (
  [
    ['missing', undefined],
    ['empty', ''],
    ['null', null],
    ['a number', 1],
    ['the same list', [name]],
  ] as const
).flatMap(([title, value]) => [
  {
    name: `row 45: nameid of the actor and iss of the outer token both ${title}`,
    token: forgeOuter({ claims: { iss: value, actortoken: forgeActor({ claims: { nameid: value } }) } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: `row 45: nameid and iss of the actor token both ${title}`,
    token: forgeOuter({ claims: { actortoken: forgeActor({ claims: { iss: value, nameid: value } }) } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: `row 45: nameid and iss of both tokens all ${title}`,
    token: forgeOuter({ claims: { iss: value, actortoken: forgeActor({ claims: { iss: value, nameid: value } }) } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
])

describeAttack('an outer token around the actor token of somebody else', { s2s: world.options, resources }, [
  ...mismatches,
  ...invalid,
  ...swapped,
  ...bothTheSame,
])
