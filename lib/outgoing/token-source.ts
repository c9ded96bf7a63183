import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../foundation/clock.ts'
import type { MintingKey, OutgoingUser } from './mint-token.ts'
import type { OutgoingToken, OutgoingTokenKey } from './outgoing-token-cache.ts'

/** Who calls: this server. */
export interface CallingServer {
  readonly clientId: string
  readonly realm: string
  /** Signs as this id; the same as `clientId` unless this server is a broker. */
  readonly issuerId?: string
  /** The key of now: a roll-over takes effect on the next token. */
  currentKey(this: void): MintingKey
  readonly clock: Clock
  readonly audit?: AuditLog
}

/** What one outgoing call needs a token for. */
export interface TokenRequest {
  /** The server that is called; only its origin ever gets the token. */
  readonly target: URL
  /** The address that is called, which may also be asked who the target is. */
  readonly url: URL
  /** The user the call is made for; the application itself when missing. */
  readonly user?: OutgoingUser
  /** The token of the incoming call, for token exchange. */
  readonly subjectToken?: string
  /** Ends the waiting of this call alone: what several calls share goes on. */
  readonly signal?: AbortSignal
}

/** A token that can be made: under which key it is kept, and how. */
export interface DescribedToken {
  readonly key: OutgoingTokenKey
  make(this: void): Promise<OutgoingToken>
}

/** Where the tokens of one client come from: our own signing key, or an OAuth issuer. */
export interface TokenSource {
  /**
   * Says which token a call needs, without making it.
   *
   * @throws OutgoingError; the reason of an aborted `signal`
   */
  describe(this: void, request: TokenRequest): Promise<DescribedToken>
  /** After a 401: what was learnt of the target, when the refused token was described from it, may be old. */
  forget(this: void, refused?: DescribedToken): void
}
