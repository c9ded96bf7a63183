import type { ErrorCode } from '../foundation/error-codes.ts'

/** The stable names of all audit events. */
export type AuditEventName =
  | 'token.accepted'
  | 'token.rejected'
  | 'token.exposed'
  | 'request.rejected'
  | 'delegation.accepted'
  | 'access.allowed'
  | 'access.denied'
  | 'keys.refreshed'
  | 'keys.unavailable'
  | 'plain-http.allowed'
  | 'verifier.unavailable'
  | 'token.minted'
  | 'call.failed'

/** How the matter ended: `notice` is worth knowing and refused nobody. */
export type AuditOutcome = 'accepted' | 'refused' | 'unavailable' | 'notice'

/** The application of an event. */
export interface AuditApplication {
  readonly id: string
  readonly realm?: string | undefined
}

/** The user of an event, as the verified token named it. */
export interface AuditUser {
  readonly issuer?: string | undefined
  readonly realm?: string | undefined
  readonly id?: string | undefined
  readonly nii?: string | undefined
  readonly upn?: string | undefined
  readonly smtp?: string | undefined
  readonly sip?: string | undefined
  readonly sid?: string | undefined
  /** The `id` of the profile that was found here. */
  readonly profileId?: string | undefined
}

/**
 * One thing worth remembering. Never holds a token, a key, a header or a URL; `application` and `user` are there only
 * when a signature proved them, or in `token.minted` and `call.failed`, where this server itself named them.
 *
 * Where and how long events are kept, and who may read the personal data in `user`, is the listener's part.
 */
export interface AuditEvent {
  readonly name: AuditEventName
  /** Seconds since 1970. */
  readonly time: number
  readonly outcome: AuditOutcome
  readonly code?: ErrorCode | undefined
  /** One sentence for the operator; the caller never gets it. */
  readonly reason?: string | undefined
  readonly correlationId?: string | undefined
  /** The configured name of the trusted issuer. */
  readonly issuer?: string | undefined
  readonly application?: AuditApplication | undefined
  readonly user?: AuditUser | undefined
  /** Whether the application acts alone or for a user. */
  readonly kind?: 'app' | 'user+app' | undefined
  readonly method?: string | undefined
  /** The entry of the resource table, never the URL: that may hold secrets. Of calls to others: the origin of the target. */
  readonly resource?: string | undefined
  readonly required?: readonly string[] | undefined
  readonly missing?: readonly string[] | undefined
  /** `jti`, or the SHA-256 (base64url) of the token: enough to find it again, not to use it. */
  readonly tokenId?: string | undefined
}
