import { IdentityError } from '../foundation/errors.ts'
import { inLowerCase } from '../foundation/lower-case.ts'
import { canonicalNameIdentifierIssuer, windowsNameIdentifierIssuer, type UserStores } from './user-stores.ts'

/** By what a profile is looked up: a Windows SID, the three addresses, or the `id` of another user store. */
export type UserAttribute = 'sid' | 'upn' | 'smtp' | 'sip' | 'nameid'

/** One identifier of a user, as it is looked up. */
export interface UserIdentifier {
  readonly attribute: UserAttribute
  /** In lower case; only `sub` of an OAuth token keeps its letters, which count. */
  readonly value: string
  /** The user store, when the token names one. */
  readonly store?: string
}

/** The members of a principal's user that identify. */
export interface IdentifiedUser {
  /** S2S: the realm that vouched. An issuer with several `realms` must not name the users of one in another. */
  readonly realm?: string
  /** `nameid` (S2S) or `sub` (OAuth). */
  readonly id?: string
  /** The user store of `id` (S2S name identifier issuer). */
  readonly nii?: string
  readonly upn?: string
  readonly smtp?: string
  readonly sip?: string
}

/** The issuer that vouched for a user; a trusted issuer has these members. */
export interface UserIssuer {
  readonly name: string
  /** Default `s2s`. */
  readonly protocol?: 's2s' | 'oauth'
  /** Default `false`. */
  readonly acceptSecurityIdentifiers?: boolean
}

const securityIdentifier = /^s-1(?:-\d+)+$/i

/** Whether a name identifier is a Windows SID: of the Windows store, and of that form. */
export function isWindowsUser({ id, nii }: IdentifiedUser): boolean {
  return id !== undefined && isOfWindows(nii) && securityIdentifier.test(id)
}

function isOfWindows(nii: string | undefined): boolean {
  return nii !== undefined && canonicalNameIdentifierIssuer(nii) === windowsNameIdentifierIssuer
}

/**
 * Reads the identifiers by which a user may be looked up.
 *
 * A SID counts only where the issuer has `acceptSecurityIdentifiers`, and never as anything but a SID of the Windows
 * store; otherwise it is ignored, as is any other `nameid` of that store. Does not check that anybody has the identifiers (see `createUserRehydrator`).
 *
 * @throws IdentityError `ERR_S2S_USER_STORE_UNKNOWN` when there is a mapping and `nameid` has no `nii`, or one that it lacks
 * @see protocol section 9: SID, UPN, SMTP and SIP address
 */
export function readUserIdentifiers(
  user: IdentifiedUser,
  issuer: UserIssuer,
  stores: UserStores,
): readonly UserIdentifier[] {
  if (issuer.protocol === 'oauth') return user.id === undefined ? [] : [{ attribute: 'nameid', value: user.id }]
  const store = user.nii === undefined ? undefined : stores.storeOf(user.nii)
  if (user.id !== undefined && store === undefined && stores.isMapped) {
    throw new IdentityError('ERR_S2S_USER_STORE_UNKNOWN', '"nii" of the user is missing, or not in userStores')
  }
  const identifiers = [
    identifierOf(nameAttribute(user, issuer), user.id, store),
    identifierOf('upn', user.upn, store),
    identifierOf('smtp', user.smtp, store),
    identifierOf('sip', user.sip, store),
  ]
  return identifiers.filter((identifier) => identifier !== undefined)
}

function identifierOf(
  attribute: UserAttribute | undefined,
  value: string | undefined,
  store: string | undefined,
): UserIdentifier | undefined {
  if (attribute === undefined || value === undefined) return undefined
  return { attribute, value: inLowerCase(value), ...(store === undefined ? {} : { store }) }
}

/** As what `id` may be looked up; `undefined`: not at all. A SID without its `nii` is not let in by the back door. */
function nameAttribute(user: IdentifiedUser, issuer: UserIssuer): 'sid' | 'nameid' | undefined {
  const { id = '', nii } = user
  if (isWindowsUser(user)) return issuer.acceptSecurityIdentifiers === true ? 'sid' : undefined
  if (isOfWindows(nii) || (nii === undefined && securityIdentifier.test(id))) return undefined
  return 'nameid'
}
