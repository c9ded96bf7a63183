import { dana } from '../s2s-test-issuer.ts'
import type { AttackFamily, AttackRow, Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'

const nobody = { nameid: undefined, nii: undefined, upn: undefined, smtp: undefined, sip: undefined }

const notTexts: Oddities = {
  'an object': { id: dana['nameid'] },
  'a list': [dana['nameid']],
  'a list of two': [dana['nameid'], 's-1-5-18'],
  'a number': 500,
  true: true,
  null: null,
  empty: '',
  'longer than 1024 characters': 'a'.repeat(1025),
}

/** An outer token that names no user, or names one by something that is no text. */
export const unnamedUser: AttackFamily<S2SSetup> = {
  family: 'unnamed-user',
  reason: 'a token that names no user passes for one that does, or what is no text is made one',
  rows: ({ forgeActor, forgeOuter }) => [
    ...Object.keys(nobody).flatMap((claim) =>
      Object.entries(notTexts).map(([name, value]): AttackRow => [
        `${claim} is ${name}`,
        forgeOuter({ claims: { [claim]: value } }),
        invalid,
      ]),
    ),
    ...['nameid', 'upn', 'smtp', 'sip'].flatMap((claim) =>
      ['an object', 'a list'].map((name): AttackRow => [
        `nobody but ${claim}, which is ${name}`,
        forgeOuter({ claims: { ...nobody, [claim]: notTexts[name] } }),
        invalid,
      ]),
    ),
    ['no identifier at all', forgeOuter({ claims: nobody }), invalid],
    ['nii alone', forgeOuter({ claims: { ...nobody, nii: dana['nii'] } }), invalid],
    [
      'the identifiers of other protocols alone',
      forgeOuter({
        claims: { ...nobody, sub: 'dana', oid: 'dana', email: 'dana@fabrikam.example', unique_name: 'dana' },
      }),
      invalid,
    ],
    [
      'the user named in the actor token only',
      forgeOuter({ claims: { ...nobody, actortoken: forgeActor({ claims: { upn: dana['upn'] } }) } }),
      invalid,
    ],
  ],
}
