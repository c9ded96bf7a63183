import { changed, describeFaults, named, oauth, withProfiles } from '../support/faulty-tokens.ts'

describeFaults('users', [
  {
    name: 'unknown nii',
    token: () => named({ nameid: 'dana', nii: 'trusted:adfs' }),
    options: withProfiles(['1'], { 'urn:office:idp:activedirectory': 'windows' }),
    kind: 'nii-unknown',
    line: 'Refused (ERR_S2S_USER_STORE_UNKNOWN): the user is named by the nii "trusted:adfs", which is not mapped (mapped are urn:office:idp:activedirectory). Fix: add it to profileOptions.userStores, if the users of that store are known here.',
  },
  {
    name: 'two profiles',
    token: () => named({ upn: 'dana@fabrikam.example' }),
    options: withProfiles(['1', '2']),
    kind: 'user-ambiguous',
    line: 'Refused (ERR_S2S_USER_AMBIGUOUS): two profiles have the same identifier (upn "dana@fabrikam.example"). Fix: give the identifier to one profile only.',
  },
  {
    name: 'user without profile',
    token: () => named({ upn: 'dana@fabrikam.example' }),
    options: withProfiles([]),
    kind: 'user-not-found',
    line: 'Refused (ERR_S2S_USER_NOT_FOUND): no profile here has the identifiers in the token (upn "dana@fabrikam.example"). Fix: import the user, or mend findProfiles.',
  },
  {
    name: 'profile store that fails',
    token: () => named({ upn: 'dana@fabrikam.example' }),
    options: changed('farm', {}, { findProfiles: () => Promise.reject(new Error('down')) }),
    kind: 'profiles-unavailable',
    line: 'Refused (ERR_S2S_PROFILES_UNAVAILABLE): findProfiles failed or gave no answer in time. Fix: mend the profile store, or raise its timeoutMilliseconds.',
  },
  {
    name: 'function of the application that throws',
    token: () => oauth(),
    options: changed('login', {
      callerKind: () => {
        throw new Error('bug')
      },
    }),
    kind: 'application-error',
    line: 'Not decided: a function of the application (callerKind or the clock) threw an error, and the server answers 500. Fix: mend the function.',
  },
])
