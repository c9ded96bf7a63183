import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import { otherRealm, type S2SSetup } from './s2s-setup.ts'

const mismatch = 'ERR_S2S_ACTOR_MISMATCH'
const invalid = 'ERR_S2S_CLAIM_INVALID'

/** Names that are almost that of the application. */
function otherNames({
  issuer: { applicationName: name, issuer },
  clientId,
}: S2SSetup): Readonly<Record<string, string>> {
  const [id = '', realm = ''] = name.split('@')
  return {
    'another application': `00000000-458f-4864-8804-1608145e2ac4@${realm}`,
    'in upper case': name.toUpperCase(),
    'with the id in upper case': `${id.toUpperCase()}@${realm}`,
    'with the realm in upper case': `${id}@${realm.toUpperCase()}`,
    'after a space': ` ${name}`,
    'before a space': `${name} `,
    'before a newline': `${name}\n`,
    'before NUL': `${name}\0`,
    'without realm': id,
    'with an empty realm': `${id}@`,
    'of another realm': `${id}@${otherRealm}`,
    'of any realm': `${id}@*`,
    'a prefix': name.slice(0, -1),
    'with a suffix': `${name}0`,
    'its realm alone': realm,
    'the issuer of the actor token': issuer,
    'with %40': name.replace('@', '%40'),
    'with a full-width @': name.replace('@', '\uff20'),
    'the audience': `${clientId}@${realm}`,
    ['__proto__']: '__proto__',
  }
}

const notTexts = (name: string): Oddities => ({
  'a list': [name],
  'a list of two': [name, name],
  null: null,
  'a number': 4,
  true: true,
  'an object': { toString: name },
  empty: '',
  missing: undefined,
})

const bothTheSame = (name: string): Oddities => ({
  missing: undefined,
  empty: '',
  null: null,
  'a number': 1,
  'the same list': [name],
})

/** An outer token around the actor token of somebody else. */
export const swappedActorToken: AttackFamily<S2SSetup> = {
  family: 'swapped-actor-token',
  cve: 'CVE-2025-55241',
  reason: 'the outer token and the actor token inside do not belong together, and are believed together',
  rows: (setup) => {
    const { forgeActor, forgeOuter, issuer } = setup
    const name = issuer.applicationName
    const withIssuer = (iss: unknown): string => forgeOuter({ claims: { iss } })
    const names = Object.fromEntries(Object.entries(otherNames(setup)).filter(([, other]) => other !== name))
    return [
      ...rowsOf(names, (title, iss) => [`iss of the outer token is ${title}`, withIssuer(iss), mismatch]),
      ...rowsOf(notTexts(name), (title, iss) => [`iss of the outer token is ${title}`, withIssuer(iss), invalid]),
      ...Object.entries(bothTheSame(name)).flatMap(([title, value]): AttackRow[] => {
        const claims = { iss: value, nameid: value }
        return [
          [
            `nameid of the actor and iss of the outer token both ${title}`,
            forgeOuter({ claims: { iss: value, actortoken: forgeActor({ claims: { nameid: value } }) } }),
            invalid,
          ],
          [
            `nameid and iss of the actor token both ${title}`,
            forgeOuter({ claims: { actortoken: forgeActor({ claims }) } }),
            invalid,
          ],
          [
            `nameid and iss of both tokens all ${title}`,
            forgeOuter({ claims: { iss: value, actortoken: forgeActor({ claims }) } }),
            invalid,
          ],
        ]
      }),
    ]
  },
}
