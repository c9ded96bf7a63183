import type { Diagnosis } from '../finding.ts'
import { failureTable } from '../failure-table.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

const identifiers = ['nameid', 'upn', 'smtp', 'sip', 'sub'] as const

/** Why the user that a token names is nobody here, or several. */
export function diagnoseCaller(subject: TokenSubject): Diagnosis | undefined {
  const { error, options, outer, signed, show } = subject
  const user = outer ?? signed
  const named = identifiers.filter((name) => claimOf(user, name) !== undefined)
  const shown = named.map((name) => `${name} ${show(claimOf(user, name))}`).join(', ')
  switch (error?.code) {
    case 'ERR_S2S_USER_STORE_UNKNOWN': {
      const stores = Object.keys(options.profileOptions?.userStores ?? {})
      const nii = claimOf(user, 'nii') ?? claimOf(user, 'identityprovider')
      return {
        kind: 'nii-unknown',
        cause: `the user is named by the nii ${show(nii)}, which is not mapped (mapped are ${stores.join(', ') || 'none'})`,
        fix: 'add it to profileOptions.userStores, if the users of that store are known here',
      }
    }
    case 'ERR_S2S_USER_AMBIGUOUS':
    case 'ERR_S2S_USER_NOT_FOUND':
    case 'ERR_S2S_USER_CONFLICT': {
      const [{ cause, fix }] = failureTable[error.code]
      return { kind: error.code.slice(8).toLowerCase().replace('_', '-'), cause: `${cause} (${shown})`, fix }
    }
    default:
      return undefined
  }
}
