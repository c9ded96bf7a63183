import type { AuditEvent } from '../audit/audit-event.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { S2SError, UnavailableError } from '../foundation/errors.ts'
import type { S2SPrincipal, S2SUser } from '../identity/principal.ts'
import { tokenIdOf } from '../verification/token-ids.ts'
import type { Sender } from './token-senders.ts'

type Named = Pick<S2SPrincipal, 'kind' | 'application'> & { readonly user?: S2SUser | undefined }

/** Who calls, for an event. Of a profile only its `id`: what else is in it is no matter of the log. */
export function describeNamed({ kind, application, user }: Named): Pick<AuditEvent, 'kind' | 'application' | 'user'> {
  if (user === undefined) return { kind, application }
  const { profile, ...identifiers } = user
  return { kind, application, user: { ...identifiers, ...(profile === undefined ? {} : { profileId: profile.id }) } }
}

/** What is known of an acceptance. */
export interface Acceptance {
  readonly principal: S2SPrincipal
  /** Read for its id only, and only when somebody listens. */
  readonly token: string
  readonly correlationId: () => string
}

/** A delegated acceptance has an event of its own: nobody else records which user an application named (CVE-2025-55241). */
export function auditAcceptance(audit: AuditLog, { principal, token, correlationId }: Acceptance): void {
  audit.emit(() => {
    const isDelegated = principal.user !== undefined && principal.token.format !== 'jwt'
    return {
      name: isDelegated ? 'delegation.accepted' : 'token.accepted',
      outcome: 'accepted',
      correlationId: correlationId(),
      issuer: principal.issuer,
      ...describeNamed(principal),
      tokenId: tokenIdOf(token),
      ...(principal.token.provedBy === undefined ? {} : { provedBy: principal.token.provedBy }),
    }
  })
}

/** What is known of a refusal. */
export interface Rejection {
  readonly error: unknown
  readonly correlationId: () => string
  /** Once the token was verified: whom it names. */
  readonly sender?: Sender | undefined
  /** A token that was verified and is suspended; read for its id only. */
  readonly suspended?: string | undefined
}

/** A refused token, or one that could not be judged. */
export function auditRejection(audit: AuditLog, { error, correlationId, sender, suspended }: Rejection): void {
  if (!(error instanceof S2SError)) return
  audit.emit(() => ({
    name: error instanceof UnavailableError ? 'verifier.unavailable' : 'token.rejected',
    outcome: error instanceof UnavailableError ? 'unavailable' : 'refused',
    code: error.code,
    correlationId: correlationId(),
    ...(sender === undefined ? {} : { issuer: sender.issuer.name, ...describeNamed(sender.caller) }),
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    ...(suspended === undefined ? {} : { tokenId: tokenIdOf(suspended) }),
  }))
}
