import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import { otherRealm, type S2SSetup } from './s2s-setup.ts'

const mismatch = 'ERR_S2S_REALM_MISMATCH'
const invalid = 'ERR_S2S_CLAIM_INVALID'

function names({
  issuer: { applicationName, issuer },
  audience,
  realm,
}: S2SSetup): readonly [string, string, ErrorCode][] {
  const [id = '', ownRealm = ''] = applicationName.split('@')
  // An issuer of another realm than the server's own may not take the server's either.
  const others = [...new Set([otherRealm, realm])].filter((other) => other !== ownRealm)
  return [
    ...others.map((other): [string, string, ErrorCode] => [
      `its own application in realm ${other === realm ? 'of the audience' : 'X'}`,
      `${id}@${other}`,
      mismatch,
    ]),
    ['its own application in realm *', `${id}@*`, invalid],
    ['its own application in two realms', `${applicationName}@${otherRealm}`, invalid],
    ['the issuer in another realm', issuer.replace(/@.*/, `@${otherRealm}`), mismatch],
    ['a suffix to the realm', `${applicationName}0`, mismatch],
    ['nameid without realm', id, mismatch],
    ['an empty realm', `${id}@`, invalid],
    ['a realm alone', `@${ownRealm}`, invalid],
    ['an audience as nameid', audience, invalid],
    ['__proto__ without realm', '__proto__', mismatch],
    ['constructor without realm', 'constructor', mismatch],
  ]
}

/** A genuine issuer that names an application of another realm (tenant), alone and with an outer token that agrees. */
export const realmSwap: AttackFamily<S2SSetup> = {
  family: 'realm-swap',
  cve: 'CVE-2025-55241',
  reason: 'a genuine token of one tenant names an application of another, and the application is believed',
  rows: (setup) =>
    names(setup).flatMap(([title, nameid, code]): AttackRow[] => {
      const actortoken = setup.forgeActor({ claims: { nameid } })
      return [
        [`app-only, ${title}`, actortoken, code],
        [title, setup.forgeOuter({ claims: { iss: nameid, actortoken } }), code],
      ]
    }),
}
