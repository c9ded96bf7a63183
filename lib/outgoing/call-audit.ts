import { createHash } from 'node:crypto'
import type { AuditLog } from '../audit/audit-log.ts'
import { OutgoingError } from '../foundation/errors.ts'
import type { OutgoingUser } from './mint-token.ts'
import type { OutgoingTokenKey } from './outgoing-token-cache.ts'

/** What the calls of one client report. No event holds a token. */
export interface CallAudit {
  /** A token was made: for which user, and the SHA-256 by which the target's log can be searched. */
  minted(this: void, token: string, key: OutgoingTokenKey, user: OutgoingUser | undefined): void
  /** The target refused two tokens of one call. */
  refused(this: void, key: OutgoingTokenKey, user: OutgoingUser | undefined): void
  /** A call did not come about; anything but an `OutgoingError` (an abort of the caller's) is nobody's failure. */
  failed(this: void, error: unknown): void
}

/** Reports the calls to one target, named by its origin: paths and queries may hold secrets. */
export function createCallAudit(log: AuditLog, target: URL): CallAudit {
  const resource = target.origin

  function describe({ issuer, application, kind }: OutgoingTokenKey, user: OutgoingUser | undefined): object {
    const { nameid: id, nii, upn, smtp, sip } = user ?? {}
    const named = user === undefined ? {} : { user: { id, nii, upn, smtp, sip } }
    return { issuer, application: { id: application }, kind, resource, ...named }
  }

  return {
    minted: (token, key, user) => {
      const tokenId = (): string => createHash('sha256').update(token).digest('base64url')
      log.emit(() => ({ name: 'token.minted', outcome: 'notice', tokenId: tokenId(), ...describe(key, user) }))
    },
    refused: (key, user) => {
      const reason = 'the target answered 401 to two tokens that were made for it'
      log.emit(() => ({ name: 'call.failed', outcome: 'refused', reason, ...describe(key, user) }))
    },
    failed: (error) => {
      if (!(error instanceof OutgoingError)) return
      const { code, reason } = error
      const isOutage = code === 'ERR_S2S_TARGET_UNREACHABLE' || code === 'ERR_S2S_TARGET_TIMEOUT'
      log.emit(() => ({ name: 'call.failed', outcome: isOutage ? 'unavailable' : 'refused', code, reason, resource }))
    },
  }
}
