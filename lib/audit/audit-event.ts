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
  | 'access.would-be-refused'
  | 'keys.refreshed'
  | 'keys.unavailable'
  | 'plain-http.allowed'
  | 'any-proxy.trusted'
  | 'shadow-mode.on'
  | 'verifier.unavailable'
  | 'token.minted'
  | 'token.obtained'
  | 'call.failed'
  | 'suspension.added'
  | 'suspension.removed'
  | 'suspension.refused'
  | 'token.burnt'
  | 'state.unavailable'
  | 'state.recovered'
  | 'state.malformed'
  | 'state.lost'
  | 'config.reloaded'
  | 'config.rejected'

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

/** The suspension of an event: whom an operator named, which no signature proved. */
export interface AuditSuspension {
  readonly id?: string | undefined
  readonly issuer?: string | undefined
  readonly application?: string | undefined
  readonly user?: string | undefined
  readonly tokenId?: string | undefined
  /** Seconds since 1970. */
  readonly issuedBefore?: number | undefined
  /** The token was sent over plain http. */
  readonly exposed?: true | undefined
  /** Seconds since 1970. */
  readonly expiresAt?: number | undefined
}

/** One permission that the application was given, and what it was worth for the one that was required. */
export interface DerivationEntry {
  /** `reports.read`, or a right such as `lists:Write`. */
  readonly permission: string
  /** The container that it is limited to, as it stands in the grant. */
  readonly container?: string
  /** The grant that it stands in; left out for a permission in a token. */
  readonly grant?: { readonly issuer: string; readonly application: string; readonly appOnly: boolean }
  /**
   * `counts`, or why not: a lower right than required; limited to a container that does not hold what the request is
   * about; more than the issuer may give (`permissionCeiling`); for calls on behalf of a user only (`appOnly`); in a claim
   * that does not count for this kind of caller.
   */
  readonly verdict: 'counts' | 'right-too-low' | 'outside-container' | 'beyond-ceiling' | 'app-only-off' | 'not-counted'
}

/** How it stood with one permission that was required. */
export interface PermissionDerivation {
  /** `reports.read`, or a right such as `lists:Write`. */
  readonly required: string
  /**
   * The application's side: held; granted, but its app-only switch is off; given, but cut by the ceiling of the issuer;
   * or not held.
   */
  readonly application: 'held' | 'app-only-off' | 'beyond-ceiling' | 'not-held'
  /** What the application was given for the same scope, what counts first; at most 20 entries. */
  readonly given: readonly DerivationEntry[]
  /** How many more it was given; left out when all are listed. */
  readonly more?: number
  /** The user's side; `not-asked` when the application acts on its own, and where there are neither `userRights` nor a profile. */
  readonly user: 'held' | 'not-held' | 'checked-by-handler' | 'not-asked'
}

/**
 * How a decision about access came about: plain frozen data without a token. Permissions and grants stand in it by the
 * names of this server's own configuration, containers as in the grants; what the request said is not in it.
 *
 * It is for the operator. Do not show it to callers: it tells them what others may do.
 */
export interface DecisionDerivation {
  /** Whether the application acted on its own or for a user; left out for an anonymous request. */
  readonly kind?: 'app' | 'user+app'
  /** Where the application's permissions come from: its OAuth token, or the grants of this server. */
  readonly source?: 'token' | 'grants'
  /**
   * What the resource demands: nothing, all of the permissions, one of them, or what its own function says. `proof`: a proof that
   * the token is the caller's own, which it did not give; nothing else was looked at.
   */
  readonly needs: 'nothing' | 'all' | 'any' | 'function' | 'proof'
  /** Whether the request was about a container; only where a right is required. */
  readonly container?: 'named' | 'none'
  /** One for each permission that was required of this kind of caller. */
  readonly permissions: readonly PermissionDerivation[]
  /** `allowed`, or the code of the refusal. */
  readonly conclusion: 'allowed' | ErrorCode
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
  /** In `config.rejected`: where in the configuration, such as `trustedIssuers[2].issuer`; left out when it is not one place. */
  readonly path?: string | undefined
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
  /** What is only tried, so that the caller passed: the rule, or all rules for callers of its issuer. */
  readonly shadow?: 'rule' | 'issuer' | undefined
  /** How the decision came about; in `access.allowed`, `access.denied` and `access.would-be-refused` where an entry of the resource table decided. */
  readonly derivation?: DecisionDerivation | undefined
  /**
   * Of a token that was verified: `jti` or `uti` of the signed token (the actor token when nested), else the SHA-256
   * (base64url) of what its signature covers: either can be suspended. Of calls to others: the SHA-256 of the token.
   */
  readonly tokenId?: string | undefined
  /** Of an accepted token that is bound: how the request proved that the token is its own. */
  readonly provedBy?: readonly ('dpop' | 'mtls')[] | undefined
  /** The suspension that was added, removed or refused. */
  readonly suspension?: AuditSuspension | undefined
}
