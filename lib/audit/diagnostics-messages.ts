import type { ErrorCode } from '../foundation/error-codes.ts'

/** What every message of the diagnostics channels has. */
export interface DiagnosticsMessage {
  /** The same (empty) object in all messages of one server: tells the servers of one process apart. */
  readonly source: object
}

/** Why something did not come about. */
export interface DiagnosticsFailure {
  /** `refused`: the caller's or the operator's matter; `unavailable`: an outage; `error`: this server's own code threw. */
  readonly outcome: 'refused' | 'unavailable' | 'error'
  /** Left out for an `error` that is not ours. */
  readonly code?: ErrorCode
}

/** What is added to a message when its work has ended. */
export interface DiagnosticsEnd {
  /** How long the work took, with all that it waited for. */
  readonly durationSeconds: number
}

/** A token is verified, and the user it names is looked up. */
export interface VerificationMessage extends DiagnosticsMessage, Partial<DiagnosticsEnd> {
  readonly outcome?: 'accepted' | DiagnosticsFailure['outcome']
  readonly code?: ErrorCode
  /** The configured name of the issuer; only when the token was accepted. */
  readonly issuer?: string
  /** Whether the token was recognised, and its signature not verified again. */
  readonly isRemembered?: boolean
}

/** The keys of an issuer are fetched. */
export interface KeyRefreshMessage extends DiagnosticsMessage, Partial<DiagnosticsEnd> {
  /** The configured name of the issuer. */
  readonly issuer: string
  readonly outcome?: 'refreshed' | 'failed'
  readonly code?: ErrorCode
}

/** Another server is called, with discovery, token and repetition. */
export interface CallMessage extends DiagnosticsMessage, Partial<DiagnosticsEnd> {
  /** One of the methods of RFC 9110 and RFC 5789, or `_OTHER`. */
  readonly method: string
  /** Host name of the target. */
  readonly serverAddress: string
  readonly serverPort: number
  /** `answered`, whatever the status; `aborted` by the caller's own signal. */
  readonly outcome?: 'answered' | 'failed' | 'aborted'
  readonly statusCode?: number
  readonly code?: ErrorCode
}

/** A guard decided about a request: `protect`, the pair of Passport and `protectResources`, `requirePermission`... */
export interface DecisionMessage extends DiagnosticsMessage {
  readonly outcome: 'allowed' | DiagnosticsFailure['outcome']
  /** Left out when the request was allowed, came without a credential, or an error that is not ours was thrown. */
  readonly code?: ErrorCode
  /** Shadow mode: the code of the refusal, by this guard or one before it, that was not carried out. */
  readonly shadowCode?: ErrorCode
  /** The configured name of the issuer of an authenticated caller. */
  readonly issuer?: string
}
