import { OutgoingError } from '../foundation/errors.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import { canonicalNameIdentifierIssuer, windowsNameIdentifierIssuer } from '../identity/user-stores.ts'
import type { OutgoingUser } from './mint-token.ts'

/** The identifiers by which a target can find a user. */
export const userAttributes = ['nameid', 'upn', 'smtp', 'sip'] as const

/** One of `userAttributes`. */
export type OutgoingUserAttribute = (typeof userAttributes)[number]

/**
 * The identifiers of the user a call is made for: those of a principal this server authenticated, or given ones; only
 * those in `attributes`, and the user store (`nii`) wherever it is known.
 *
 * A principal's `id` is passed on only together with its user store, and a Windows SID only where its issuer has
 * `acceptSecurityIdentifiers`: what is not believed here is not asserted elsewhere. The `sub` of an OAuth token means
 * nothing to another server.
 *
 * Does not check that this server may speak for the user: the target decides that. The target gets OUR word for the user,
 * not that of the issuer that vouched here: whoever may name users to this server names them to the target through it.
 * Whether the users of that issuer (and realm) are the users of the target is for whoever writes `onBehalfOf` to know.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID` when there is no user, no identifier that may be sent, or one
 * that is not a text
 */
export function userOf(
  onBehalfOf: S2SPrincipal | OutgoingUser,
  attributes: readonly OutgoingUserAttribute[] = userAttributes,
): OutgoingUser {
  const { nii, ...identifiers } = checkTexts('kind' in onBehalfOf ? userOfPrincipal(onBehalfOf) : onBehalfOf)
  const sent = attributes.map((name) => [name, identifiers[name]] as const).filter(([, value]) => value !== undefined)
  if (sent.length === 0) throw impossible(`onBehalfOf names no user by one of ${attributes.join(', ')}`)
  return { ...Object.fromEntries(sent), ...(nii === undefined ? {} : { nii }) }
}

/** For whom one call is made. */
export interface CallUser {
  readonly onBehalfOf?: S2SPrincipal | OutgoingUser | undefined
  readonly subjectToken?: string | undefined
}

/**
 * The user one call names: nobody for a call of the application itself, nor when there is a subject token, which names the
 * user. A member that is there but `undefined` is refused: a call for a user must never become one of the application.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID` (see also `userOf`)
 */
export function userOfCall(
  call: CallUser,
  attributes: readonly OutgoingUserAttribute[] | undefined,
): OutgoingUser | undefined {
  for (const name of ['onBehalfOf', 'subjectToken'] as const) {
    if (name in call && (call[name] ?? undefined) === undefined) {
      throw impossible(`${name} is there but undefined; leave it out to call as the application itself`)
    }
  }
  return call.onBehalfOf === undefined || call.subjectToken !== undefined
    ? undefined
    : userOf(call.onBehalfOf, attributes)
}

function userOfPrincipal({ user, token }: S2SPrincipal): OutgoingUser {
  if (user === undefined) throw impossible('onBehalfOf is an application that acts for nobody; leave it out')
  if (token.format === 'jwt' || token.format === 'opaque') {
    throw impossible(
      'the user of an OAuth token has no identifier that the target knows; give upn, smtp or sip, or use token exchange',
    )
  }
  const { id, nii, upn, smtp, sip, sid } = user
  const isWindows = nii !== undefined && canonicalNameIdentifierIssuer(nii) === windowsNameIdentifierIssuer
  return { nameid: isWindows ? sid : nii === undefined ? undefined : id, nii, upn, smtp, sip }
}

/** An empty identifier, or one that is no text, could find anybody. */
function checkTexts({ nameid, nii, upn, smtp, sip }: OutgoingUser): OutgoingUser {
  const user = { nameid, nii, upn, smtp, sip }
  const wrong = Object.entries(user).find(([, value]) => value !== undefined && !isText(value))
  if (wrong !== undefined) throw impossible(`${wrong[0]} of onBehalfOf is empty or not a text`)
  return user
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function impossible(reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours' })
}
