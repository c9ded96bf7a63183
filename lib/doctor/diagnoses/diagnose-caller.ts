import type { Diagnosis } from '../finding.ts'
import { failureTable } from '../failure-table.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

const identifiers = ['nameid', 'upn', 'smtp', 'sip', 'sub'] as const

/** Why the user that a token names is nobody here, or several. */
export function diagnoseCaller(subject: TokenSubject): Diagnosis | undefined {
  const { error, outer, signed, show } = subject
  if (error?.code === 'ERR_S2S_USER_STORE_UNKNOWN') return diagnoseStore(subject)
  if (error === undefined) return undefined
  const user = outer ?? signed
  const named = identifiers.filter((name) => claimOf(user, name) !== undefined)
  const shown = named.map((name) => `${name} ${show(claimOf(user, name))}`).join(', ')
  const [{ cause, fix }] = failureTable[error.code]
  return { kind: error.code.slice(8).toLowerCase().replaceAll('_', '-'), cause: `${cause} (${shown})`, fix }
}

function diagnoseStore({ options, outer, signed, show }: TokenSubject): Diagnosis {
  const stores = Object.keys(options.profileOptions?.userStores ?? {})
  const nii = claimOf(outer, 'nii') ?? claimOf(signed, 'identityprovider')
  return {
    kind: 'nii-unknown',
    cause: `the user is named by the nii ${show(nii)}, which is not mapped (mapped are ${stores.join(', ') || 'none'})`,
    fix: 'add it to profileOptions.userStores, if the users of that store are known here',
  }
}
