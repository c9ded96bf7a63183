import { OutgoingError } from '../foundation/errors.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import type { OutgoingUser } from './mint-token.ts'

/**
 * The identifiers of the user a call is made for: those of a principal this server authenticated, or given ones.
 *
 * Does not check that the user consented, nor that this server may speak for the user: the target decides that.
 *
 * @throws OutgoingError `ERR_S2S_OUTGOING_REQUEST_INVALID` when there is no user or no identifier
 */
export function userOf(onBehalfOf: S2SPrincipal | OutgoingUser): OutgoingUser {
  const user = 'kind' in onBehalfOf ? userOfPrincipal(onBehalfOf) : onBehalfOf
  const { nameid, nii, upn, smtp, sip } = user
  if ((nameid ?? upn ?? smtp ?? sip) === undefined) {
    throw new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', 'onBehalfOf names no user', { side: 'ours' })
  }
  return { nameid, nii, upn, smtp, sip }
}

/** `id` is a name identifier only together with its user store; an OAuth `sub` means nothing to another server. */
function userOfPrincipal({ user }: S2SPrincipal): OutgoingUser {
  if (user === undefined) return {}
  const { id, nii, upn, smtp, sip } = user
  return { nameid: nii === undefined ? undefined : id, nii, upn, smtp, sip }
}
