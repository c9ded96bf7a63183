import type { Members } from '../token-changes.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import { otherRealm, type S2SSetup } from './s2s-setup.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'

/** One signed token that names a user and, in `actor`, the application: only where it is asked for, and only as it is written. */
export const acsUserToken: AttackFamily<S2SSetup> = {
  family: 'acs-user-token',
  reason: 'a user token of ACS is accepted from an issuer that may not make them, or in a form that none has',
  rows: ({ issuer, actorToken, appClaims, unsigned, wrap, forgeActor }) => {
    const signed = (claims: Members): string => issuer.acsUserToken({ claims: { ...timesOf(appClaims), ...claims } })
    const wrapped = forgeActor({ claims: { actor: issuer.applicationName, identityprovider: 'x' } })
    const accepted: readonly AttackRow[] = [
      ['actor of another realm', signed({ actor: `x@${otherRealm}` }), 'ERR_S2S_REALM_MISMATCH'],
      ['actor an object', signed({ actor: { sub: issuer.applicationName } }), invalid],
      ['no identityprovider', signed({ identityprovider: undefined }), invalid],
      ['no nameid', signed({ nameid: undefined }), invalid],
    ]
    const refused: readonly AttackRow[] = [['of an issuer without acceptsUserTokens', signed({}), invalid]]
    return [
      [
        'unsigned',
        unsigned({ ...appClaims, actor: issuer.applicationName, identityprovider: 'x' }),
        'ERR_S2S_ALGORITHM_NOT_ALLOWED',
      ],
      ['with actortoken too', signed({ actortoken: actorToken }), invalid],
      ['with act too', signed({ act: { sub: 'x' } }), invalid],
      ['wrapped in an outer token', wrap(wrapped), invalid],
      ...(issuer.options.acceptsUserTokens === true ? accepted : refused),
    ]
  },
}

function timesOf({ nbf, exp }: Members): Members {
  return { nbf, exp }
}
