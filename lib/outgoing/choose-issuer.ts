import { OutgoingError } from '../foundation/errors.ts'
import type { TargetIdentity } from './discover-target.ts'
import type { CallingServer } from './token-source.ts'

/** As whom we sign, and which application we name; both `id@realm`. */
export interface ChosenIssuer {
  readonly issuer: string
  readonly application: string
}

/**
 * Chooses the issuer that both sides know: of the names this server may sign as, the first that the target lists, to the
 * letter or as `id@*`. A target that lists nobody gets our first name.
 *
 * The names, in this order: our issuer id in our realm, our own client id in our realm, and the same two in the realm of
 * the target, where a SharePoint farm registers high-trust applications. The application is always in the issuer's realm.
 *
 * Does not check that the target has our certificate under that name: it answers 401 if not.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_DOES_NOT_TRUST_US`
 * @see protocol sections 2.2 and 11
 */
export function chooseIssuer(
  { realm, trustedIssuers }: Pick<TargetIdentity, 'realm' | 'trustedIssuers'>,
  server: Pick<CallingServer, 'clientId' | 'realm' | 'issuerId'>,
): ChosenIssuer {
  const ownName = server.issuerId ?? server.clientId
  const ids = [ownName, server.clientId]
  const names = [server.realm, realm].flatMap((place) => ids.map((id) => ({ id, realm: place })))
  const listed = trustedIssuers?.map((issuer) => issuer.toLowerCase()) ?? []
  const isListed = ({ id, realm: place }: (typeof names)[number]): boolean =>
    listed.includes(`${id}@${place}`.toLowerCase()) || listed.includes(`${id}@*`.toLowerCase())
  const chosen = listed.length === 0 ? names[0] : names.find(isListed)
  if (chosen === undefined) {
    throw new OutgoingError(
      'ERR_S2S_TARGET_DOES_NOT_TRUST_US',
      `the target does not list ${ownName}@${server.realm} among its trusted issuers; register it there`,
      { side: 'target' },
    )
  }
  return { issuer: `${chosen.id}@${chosen.realm}`, application: `${server.clientId}@${chosen.realm}` }
}
