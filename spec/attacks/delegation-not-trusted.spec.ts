import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { takeApart } from '../support/token-parts.ts'
import { dana, makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, otherFarm, options } = world
const { forgeActor, wrap, forgeOuter } = await takeApart(farm)
const other = await takeApart(otherFarm)
const resources = { 'GET /reports/:id': 'reports.read', 'GET /any': 'authenticated' } as const
const stranger = farm.applicationName.replace(/^[^@]+/, 'c3ab8885-458f-4864-8804-1608145e2ac4')

const notTrusted = await forgedCases('delegation-absent', await asS2STestIssuer(farm))

const notAllowed: AttackCase[] = [
  {
    name: 'row 47: the issuer has no allowDelegation',
    token: other.wrap(other.actorToken),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  },
  {
    name: 'row 47: allowDelegation names other applications of the issuer',
    token: forgeOuter({ claims: { iss: stranger, actortoken: forgeActor({ claims: { nameid: stranger } }) } }),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  },
  {
    name: 'row 47: on a resource for any caller',
    path: '/any',
    token: other.wrap(other.actorToken),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  },
  {
    name: 'row 47: a forged signature is not told what policy there is',
    token: other.wrap(other.forgeActor({ key: farm.certificate.privateKey })),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
]

const elsewhere = farm.applicationName.replace(/@.*$/, '@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2')
const upperCase = farm.applicationName.replace(/^[^@]+/, (id) => id.toUpperCase())
const almostCovered: readonly [name: string, applications: readonly string[]][] = [
  ['the application in another realm', [elsewhere]],
  ['the application in upper case', [upperCase]],
  ['the issuer', [farm.issuerName]],
  ['a prefix of the application', [farm.applicationName.slice(0, -1)]],
  ['an asterisk', ['*']],
]

const trustedForDelegation = [true, 'true', 'True'].map((value) => ({
  name: `trustedfordelegation ${JSON.stringify(value)}`,
  token: wrap(forgeActor({ claims: { trustedfordelegation: value } })),
}))

describeAttack('a user named by an application that may not', { s2s: options, resources }, [
  ...notTrusted,
  ...notAllowed,
])

for (const [name, applications] of almostCovered) {
  const trustedIssuers = options.trustedIssuers.map((issuer) =>
    issuer.name === 'farm' ? { ...issuer, allowDelegation: { applications } } : issuer,
  ) as typeof options.trustedIssuers
  describeAttack(
    `a user named by an application where allowDelegation lists ${name}`,
    { s2s: { ...options, trustedIssuers }, resources },
    [
      {
        name: 'row 47: the application itself',
        token: await farm.userToken(dana),
        status: 403,
        code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
      },
    ],
  )
}

describeAccepted('a user named by an application that may', { s2s: options, resources }, trustedForDelegation)
