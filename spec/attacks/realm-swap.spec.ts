import { describeAttack, type AttackCase } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { takeApart, type ActorForgery } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

/** Farm S is `farm` (our realm, a broker), farm X is `otherFarm` (another realm, a self-issuer). Both are trusted. */
const world = await makeWorld()
const { farm, otherFarm } = world
const s = await takeApart(farm)
const x = await takeApart(otherFarm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const xKey = otherFarm.certificate.privateKey
const xThumbprint = { x5t: otherFarm.certificate.x5t }
const idOf = (name: string): string => name.slice(0, name.indexOf('@'))
const realmOf = (name: string): string => name.slice(name.indexOf('@') + 1)
const sAtX = `${idOf(farm.applicationName)}@${realmOf(otherFarm.applicationName)}`
const xAtS = `${idOf(otherFarm.applicationName)}@${realmOf(farm.applicationName)}`

const swaps: readonly [name: string, actor: string, application: string, code: AttackCase['code']][] = [
  [
    'actor by farm X that claims iss S, with its own x5t',
    s.forgeActor({ key: xKey, header: xThumbprint }),
    farm.applicationName,
    'ERR_S2S_KEY_UNKNOWN',
  ],
  [
    'actor by farm X that claims iss S, with the x5t of S',
    s.forgeActor({ key: xKey }),
    farm.applicationName,
    'ERR_S2S_SIGNATURE_INVALID',
  ],
  [
    'actor by farm S that claims iss X',
    x.forgeActor({ key: farm.certificate.privateKey, header: { x5t: farm.certificate.x5t } }),
    otherFarm.applicationName,
    'ERR_S2S_KEY_UNKNOWN',
  ],
  ...nameIdentifiers(),
]

function nameIdentifiers(): [string, string, string, AttackCase['code']][] {
  const fromX: readonly [string, string, AttackCase['code']][] = [
    ['nameid of an application of realm S', farm.applicationName, 'ERR_S2S_REALM_MISMATCH'],
    ['its own nameid in realm S', xAtS, 'ERR_S2S_REALM_MISMATCH'],
    ['the id of an application of S in its own realm', sAtX, 'ERR_S2S_BROKER_REQUIRED'],
    ['nameid of the issuer S', farm.issuerName, 'ERR_S2S_REALM_MISMATCH'],
    ['nameid without realm', idOf(otherFarm.applicationName), 'ERR_S2S_REALM_MISMATCH'],
  ]
  const fromS: readonly [string, string, AttackCase['code']][] = [
    ['nameid of an application of realm X', otherFarm.applicationName, 'ERR_S2S_REALM_MISMATCH'],
    ['its own application in realm X', sAtX, 'ERR_S2S_REALM_MISMATCH'],
    ['its own application in realm *', `${idOf(farm.applicationName)}@*`, 'ERR_S2S_CLAIM_INVALID'],
    [
      'its own application in two realms',
      `${farm.applicationName}@${realmOf(otherFarm.issuerName)}`,
      'ERR_S2S_CLAIM_INVALID',
    ],
    ['the realm in upper case', farm.applicationName.toUpperCase(), 'ERR_S2S_REALM_MISMATCH'],
    ['nameid without realm', idOf(farm.applicationName), 'ERR_S2S_REALM_MISMATCH'],
    ['an empty realm', `${idOf(farm.applicationName)}@`, 'ERR_S2S_CLAIM_INVALID'],
    ['an audience as nameid', s.actorClaims['aud'] as string, 'ERR_S2S_CLAIM_INVALID'],
  ]
  return [
    ...fromX.map(([name, nameid, code]) => named(`iss X with ${name}`, x.forgeActor, { nameid, code })),
    ...fromS.map(([name, nameid, code]) => named(`iss S with ${name}`, s.forgeActor, { nameid, code })),
  ]
}

function named(
  name: string,
  forgeActor: (changes: ActorForgery) => string,
  { nameid, code }: { nameid: string; code: AttackCase['code'] },
): [string, string, string, AttackCase['code']] {
  return [name, forgeActor({ claims: { nameid } }), nameid, code]
}

/** Every swap as an application on its own, and as an actor whose outer token agrees with it. */
const cases: AttackCase[] = swaps.flatMap(([name, actor, application, code]) => [
  { name: `row 43: app-only, ${name}`, token: actor, status: 401, code },
  {
    name: `row 43: ${name}`,
    token: s.forgeOuter({ claims: { iss: application, actortoken: actor } }),
    status: 401,
    code,
  },
])

describeAttack('an issuer or realm in place of another', { s2s: world.options, resources }, [
  ...cases,
  ...(await forgedCases('realm-swap', await asS2STestIssuer(farm))),
  ...(await forgedCases('realm-swap', await asS2STestIssuer(otherFarm))),
])
