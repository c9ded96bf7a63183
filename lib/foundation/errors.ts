import { errorAnswers, errorCodes, type CodeOf, type ErrorCode } from './error-codes.ts'

/** What an error may carry besides its code. */
export interface ErrorDetails {
  /** One sentence for the operator; goes to the audit event, never to the caller. Holds nothing of an unverified token. */
  readonly reason?: string
  readonly cause?: unknown
}

/**
 * The base of all errors. The class says who must act, `code` says what happened.
 *
 * `message` is the fixed text of the code and safe to show; `status`, `statusCode`, `headers` and `expose` are what
 * Express's own error handler reads. Holds no token, key, header or request, and (but for `ConfigurationError`) no stack.
 */
export class S2SError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly statusCode: number
  readonly expose: boolean
  /** The RFC 6750 (or RFC 6749) error of the answer. */
  readonly error: string
  readonly reason: string | undefined
  /** Response headers of the answer; set where the request is known. */
  headers?: Record<string, string>

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    const { kind, description } = errorCodes[code]
    const limit = Error.stackTraceLimit
    if (kind !== 'configuration') Error.stackTraceLimit = 0
    super(
      kind === 'configuration' ? (details.reason ?? description) : description,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    Error.stackTraceLimit = limit
    const answer = errorAnswers[kind]
    this.name = new.target.name
    this.code = code
    this.status = answer.status
    this.statusCode = answer.status
    this.expose = kind !== 'configuration'
    this.error = answer.error
    this.reason = details.reason
  }
}

/** The developer must act: an option or the wiring is wrong. Thrown at start wherever possible. */
export class ConfigurationError extends S2SError {
  /** Where the wrong option stands, such as `trustedIssuers[2].issuer`; `undefined` when it is not one option alone. */
  readonly path: string | undefined

  constructor(
    code: CodeOf<'configuration'>,
    reason: string,
    { path, ...details }: Pick<ErrorDetails, 'cause'> & { readonly path?: string } = {},
  ) {
    super(code, { ...details, reason })
    this.path = path
  }
}

/** The caller must act: the request itself is wrong (400), or came without TLS (403). */
export class RequestError extends S2SError {
  constructor(code: CodeOf<'request' | 'transport'>, reason?: string) {
    super(code, reason === undefined ? {} : { reason })
  }
}

/** The caller must get another token (401). */
export class TokenError extends S2SError {
  constructor(code: CodeOf<'token'>, reason?: string, details: Pick<ErrorDetails, 'cause'> = {}) {
    super(code, reason === undefined ? details : { ...details, reason })
  }
}

/** The caller must make another DPoP proof (401); its token may be good. */
export class ProofError extends S2SError {
  constructor(code: CodeOf<'proof' | 'nonce'>, reason?: string) {
    super(code, reason === undefined ? {} : { reason })
  }
}

/** What is missing, said in scope names of this server's own configuration. */
export interface MissingPermissions {
  /** What the resource requires. */
  readonly required: readonly string[]
  /** What of it the caller lacks. */
  readonly missing: readonly string[]
  /**
   * What else the caller holds of the scopes that this server offers in its resource metadata: whoever asks for a token
   * with `required` and these loses nothing. Default: nothing.
   */
  readonly held?: readonly string[]
}

/** The operator of this server must act: the caller is known but not permitted (403). */
export class PermissionError extends S2SError {
  readonly required: readonly string[]
  readonly missing: readonly string[]
  readonly held: readonly string[]

  constructor(code: CodeOf<'permission' | 'policy'>, reason?: string, permissions?: MissingPermissions) {
    super(code, reason === undefined ? {} : { reason })
    this.required = permissions?.required ?? []
    this.missing = permissions?.missing ?? []
    this.held = permissions?.held ?? []
  }
}

/** The operator of the profile store must act: the user cannot be told (403). */
export class IdentityError extends S2SError {
  constructor(code: CodeOf<'identity'>, reason?: string) {
    super(code, reason === undefined ? {} : { reason })
  }
}

/** Nobody is guilty: something that is needed is out of reach; the caller may try again (503). */
export class UnavailableError extends S2SError {
  readonly source: 'issuer' | 'profiles' | 'state'

  constructor(code: CodeOf<'unavailable'>, reason?: string, details: Pick<ErrorDetails, 'cause'> = {}) {
    super(code, reason === undefined ? details : { ...details, reason })
    this.source = sources[code]
  }
}

/** Which side has to change something for an outgoing call to work. */
export type OutgoingSide = 'ours' | 'target' | 'issuer'

/** A call from here to another server did not come about (502 if it reaches a caller); `side` says who must act. */
export class OutgoingError extends S2SError {
  readonly side: OutgoingSide

  constructor(code: CodeOf<'outgoing'>, reason: string, details: Pick<ErrorDetails, 'cause'> & { side: OutgoingSide }) {
    const { side, ...others } = details
    super(code, { ...others, reason })
    this.side = side
  }
}

const sources: Readonly<Record<CodeOf<'unavailable'>, UnavailableError['source']>> = {
  ERR_S2S_KEYS_UNREACHABLE: 'issuer',
  ERR_S2S_METADATA_INVALID: 'issuer',
  ERR_S2S_INTROSPECTION_UNAVAILABLE: 'issuer',
  ERR_S2S_INTROSPECTION_LIMITED: 'issuer',
  ERR_S2S_PROFILES_UNAVAILABLE: 'profiles',
  ERR_S2S_STATE_UNAVAILABLE: 'state',
}
