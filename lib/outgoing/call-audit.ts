import { createHash } from 'node:crypto'
import type { AuditEvent, AuditEventName } from '../audit/audit-event.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { OutgoingError } from '../foundation/errors.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import type { OutgoingUser } from './mint-token.ts'
import type { OutgoingTokenKey } from './outgoing-token-cache.ts'
import type { CallingServer } from './token-source.ts'

/** What a token is for. */
export interface AuditedToken {
  readonly key: OutgoingTokenKey
  readonly user: OutgoingUser | undefined
  /** Reported by its origin alone: paths and queries may hold secrets. */
  readonly target: URL
}

/** What the calls of one client report. No event holds a token. */
export interface CallAudit {
  /** A token was made: for which user, and the SHA-256 by which the target's log can be searched. */
  minted(this: void, token: string, about: AuditedToken): void
  /** The target refused a new token, unless `reason` says something else. */
  refused(this: void, about: AuditedToken, reason?: string): void
  /** A call did not come about; anything but an `OutgoingError` (an abort of the caller's) is nobody's failure. */
  failed(this: void, error: unknown, target: URL): void
}

/** Codes that say nothing against anybody: the call may work later. */
const outages: ReadonlySet<string> = new Set([
  'ERR_S2S_TARGET_UNREACHABLE',
  'ERR_S2S_TARGET_TIMEOUT',
  'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
])

/** Whether this server signed a token itself, or an OAuth issuer gave it. */
export type TokenEventName = Extract<AuditEventName, 'token.minted' | 'token.obtained'>

/** Creates the reporter of one client; without an audit log events go to the diagnostics channel only. */
export function createCallAudit(
  { audit, clock }: Pick<CallingServer, 'audit' | 'clock'>,
  name: TokenEventName = 'token.minted',
  boundTo?: AuditEvent['boundTo'],
): CallAudit {
  const log = audit ?? createAuditLog({ clock })
  return {
    minted: (token, about) => {
      log.emit(() => {
        const tokenId = createHash('sha256').update(token).digest('base64url')
        const bound = boundTo === undefined ? {} : { boundTo }
        return { name, outcome: 'notice', tokenId, ...bound, ...describe(about) }
      })
    },
    refused: (about, reason = 'the target answered 401 to a token that was made for this call') => {
      log.emit(() => ({ name: 'call.failed', outcome: 'refused', reason, ...describe(about) }))
    },
    failed: (error, { origin: resource }) => {
      if (!(error instanceof OutgoingError)) return
      const { code, reason } = error
      const outcome = outages.has(code) ? 'unavailable' : 'refused'
      log.emit(() => ({ name: 'call.failed', outcome, code, reason, resource }))
    },
  }
}

function describe({ key, user, target }: AuditedToken): Omit<AuditEvent, 'name' | 'outcome' | 'time'> {
  const { issuer, application, kind } = key
  const { id: applicationId, realm } = parsePrincipalName(application) ?? { id: application, realm: undefined }
  const about = { issuer, application: { id: applicationId, realm }, kind, resource: target.origin }
  if (user === undefined) return about
  const { nameid: id, nii, upn, smtp, sip } = user
  return { ...about, user: { id, nii, upn, smtp, sip } }
}
