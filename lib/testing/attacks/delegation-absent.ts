import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const absent = 'ERR_S2S_DELEGATION_ABSENT'

const notTrue: Oddities = {
  missing: undefined,
  false: false,
  '"false"': 'false',
  '"False"': 'False',
  '1': 1,
  '"1"': '1',
  '"yes"': 'yes',
  '"on"': 'on',
  '["true"]': ['true'],
  '[true]': [true],
  '{}': {},
  '{ "value": true }': { value: true },
  null: null,
  empty: '',
  '"true" before a space': 'true ',
  '"true" after a space': ' true',
  '"true" before a newline': 'true\n',
  '"TRUE"': 'TRUE',
  '"tRUE"': 'tRUE',
}

/** A user named around an actor token that does not say its application is trusted for delegation. */
export const delegationAbsent: AttackFamily<S2SSetup> = {
  family: 'delegation-absent',
  reason: 'an application that its issuer does not trust for delegation names a user',
  rows: ({ forgeActor, forgeApp, forgeOuter, wrap }) => {
    const without = { trustedfordelegation: undefined }
    return [
      ...rowsOf(notTrue, (name, value): AttackRow => [
        `trustedfordelegation ${name}`,
        wrap(forgeActor({ claims: { trustedfordelegation: value } })),
        absent,
      ]),
      [
        'trustedfordelegation in the unsigned outer token only',
        forgeOuter({ claims: { trustedfordelegation: 'true', actortoken: forgeApp() } }),
        absent,
      ],
      [
        'trustedfordelegation in the header of the actor token only',
        wrap(forgeActor({ header: { trustedfordelegation: 'true' }, claims: without })),
        absent,
      ],
      [
        'TrustedForDelegation in other letters',
        wrap(forgeActor({ claims: { ...without, TrustedForDelegation: 'true' } })),
        absent,
      ],
      ['a captured app-only token wrapped', wrap(forgeApp()), absent],
    ]
  },
}
