import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../foundation/clock.ts'
import type { FetchJsonOptions } from '../foundation/fetch-json.ts'
import type { RefreshingState } from '../foundation/refreshing-state.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { DelegationPolicy } from './delegation.ts'
import type { CallerKindRule } from './issuer-options.ts'
import type { KeptKeys } from './kept-keys.ts'

/** What a look at an issuer found. */
export interface KeyLook {
  readonly value: KeySet
  readonly fresh: boolean
}

/** How the keys of one issuer stand, without a look at it. The value is what would serve now. */
export type KeyState = RefreshingState<KeySet>

/** Where the keys of one issuer come from: configured once, or fetched and kept fresh. */
export interface KeySource {
  /**
   * The keys of now; a promise only when they must be fetched first.
   *
   * @throws UnavailableError `ERR_S2S_KEYS_UNREACHABLE`, `ERR_S2S_METADATA_INVALID`
   */
  current(): KeySet | Promise<KeySet>
  /** One more look because a key is unknown; `fresh: false`, at once, when the token bucket gave no fetch. */
  refresh(): KeyLook | Promise<KeyLook>
  /** Whether the last attempt to fetch failed. */
  failing(): boolean
  /** How they stand; never fetches. */
  state(): KeyState
  close(): void
}

/** What every trusted issuer has, whatever its protocol. Options are already defaulted and checked. */
interface IssuerBase {
  readonly name: string
  /** The exact `iss` values; empty while a metadata issuer has not told its name yet. */
  readonly issuerNames: readonly string[]
  /** What `aud` may be: exact texts (OAuth), or `id/host@realm` with the host in lower case (S2S). */
  readonly audience: ReadonlySet<string>
  readonly algorithms: ReadonlySet<string>
  /** Lower case. */
  readonly acceptedTypes: ReadonlySet<string>
  readonly clockToleranceSeconds: number
  readonly maximumLifetimeSeconds: number
  readonly permissionCeiling: readonly string[] | undefined
  /** Its callers are not refused for want of a permission, only audited. */
  readonly shadow: boolean
  readonly keys: KeySource
  /** Names of the presets it belongs to: removing one of them removes it too. */
  readonly partOf?: readonly string[]
}

/** An issuer that speaks the S2S protocol. */
export interface S2STrustedIssuer extends IssuerBase {
  readonly protocol: 's2s'
  readonly isTrustBroker: boolean
  /** `false`: its applications act as themselves only. */
  readonly allowDelegation: false | DelegationPolicy
  readonly acceptsUserTokens: boolean
  readonly acceptSecurityIdentifiers: boolean
}

/** Whether tokens may be, or must be, bound to something that their sender proves with every request. */
export type SenderConstraint = 'refused' | 'allowed' | 'required'

/** An issuer of OAuth 2.0 access tokens. */
export interface OAuthTrustedIssuer extends IssuerBase {
  readonly protocol: 'oauth'
  readonly strict: boolean
  readonly callerKind: CallerKindRule
  readonly permissionClaims: readonly (readonly string[])[]
  /** Binding to a DPoP key (`cnf.jkt`). */
  readonly dpop: SenderConstraint
  /** Binding to a client certificate (`cnf.x5t#S256`). */
  readonly mtls: SenderConstraint
  /** What `tid` of its tokens must be, where the issuer is one tenant of a service that has many (Entra). */
  readonly tenantId?: string
}

/** Somebody whose signature is believed. */
export type TrustedIssuer = S2STrustedIssuer | OAuthTrustedIssuer

/** Which proofs of possession a server is configured for. */
export interface AcceptedProofs {
  readonly dpop: boolean
  readonly mtls: boolean
}

/** What issuers need from the server they serve. */
export interface TrustContext {
  readonly clock: Clock
  readonly audit: AuditLog
  /** Defaults of key fetches; an issuer's own options win. */
  readonly fetchOptions: FetchJsonOptions
  /** Audience of OAuth tokens for issuers that have none of their own. */
  readonly audience: readonly string[]
  /** Audiences of S2S tokens, from `self`. */
  readonly selfAudience: readonly string[]
  /** Which proofs of possession this server can check. Default: none, so that bound tokens are refused. */
  readonly proofs?: AcceptedProofs
  /** `id@realm` of this server; no trusted issuer may bear it. */
  readonly ownName: string | undefined
  /** Thumbprints (`keyThumbprint`) of this server's own keys; no foreign issuer may use them (CVE-2026-55040). */
  readonly ownKeys: ReadonlySet<string>
  /** The server's own conditions for an issuer, asked before it is trusted; throws a ConfigurationError. */
  readonly checkIssuer?: (issuer: TrustedIssuer) => void
  /** Fetched keys of the configuration before, and of this one for the next. Default: none are handed on. */
  readonly keptKeys?: KeptKeys
}
