import {
  ConfigurationError,
  IdentityError,
  OutgoingError,
  PermissionError,
  ProofError,
  RequestError,
  TokenError,
  UnavailableError,
  type ErrorCode,
  type S2SError,
} from 'passport-s2s'

/** How one code must be answered: written down from the design, not read from the library. */
export interface ErrorRow {
  readonly status: number
  readonly error: string
  /** Whether `WWW-Authenticate` is sent. */
  readonly challenge: boolean
  /** `Retry-After`. */
  readonly retryAfter?: '10'
  /** Makes such an error as an application would; what it says to the operator must not come out. */
  readonly make: () => S2SError
}

/** What errors of the table tell the operator, and nobody else. */
export const operatorOnly = 'for the operator only'

type Codes<Class extends new (code: never, reason: string) => S2SError> = ConstructorParameters<Class>[0]

const configuration = (code: Codes<typeof ConfigurationError>): ErrorRow => ({
  status: 500,
  error: 'server_error',
  challenge: false,
  make: () => new ConfigurationError(code, operatorOnly),
})
const request = (code: Codes<typeof RequestError>): ErrorRow => ({
  status: 400,
  error: 'invalid_request',
  challenge: true,
  make: () => new RequestError(code, operatorOnly),
})
const token = (code: Codes<typeof TokenError>): ErrorRow => ({
  status: 401,
  error: 'invalid_token',
  challenge: true,
  make: () => new TokenError(code, operatorOnly),
})
const proof = (code: Codes<typeof ProofError>, error: string): ErrorRow => ({
  status: 401,
  error,
  challenge: true,
  make: () => new ProofError(code, operatorOnly),
})
const identity = (code: Codes<typeof IdentityError>): ErrorRow => ({
  status: 403,
  error: 'access_denied',
  challenge: false,
  make: () => new IdentityError(code, operatorOnly),
})
const permission = (code: Codes<typeof PermissionError>): ErrorRow => ({
  status: 403,
  error: 'insufficient_scope',
  challenge: true,
  make: () => new PermissionError(code, operatorOnly),
})
const outgoing = (code: ConstructorParameters<typeof OutgoingError>[0]): ErrorRow => ({
  status: 502,
  error: 'bad_gateway',
  challenge: false,
  make: () => new OutgoingError(code, operatorOnly, { side: 'target' }),
})
const unavailable = (code: Codes<typeof UnavailableError>): ErrorRow => ({
  status: 503,
  error: 'temporarily_unavailable',
  challenge: false,
  retryAfter: '10',
  make: () => new UnavailableError(code, operatorOnly),
})

/** Every code; one that is missing here does not compile. */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  ERR_S2S_OPTION_INVALID: configuration('ERR_S2S_OPTION_INVALID'),
  ERR_S2S_OPTION_UNKNOWN: configuration('ERR_S2S_OPTION_UNKNOWN'),
  ERR_S2S_SESSION_REFUSED: configuration('ERR_S2S_SESSION_REFUSED'),
  ERR_S2S_ROUTES_UNCOVERED: configuration('ERR_S2S_ROUTES_UNCOVERED'),
  ERR_S2S_NOT_PROTECTED: configuration('ERR_S2S_NOT_PROTECTED'),
  ERR_S2S_HEADER_MALFORMED: request('ERR_S2S_HEADER_MALFORMED'),
  ERR_S2S_TOKEN_IN_QUERY: request('ERR_S2S_TOKEN_IN_QUERY'),
  ERR_S2S_TOKEN_IN_BODY: request('ERR_S2S_TOKEN_IN_BODY'),
  ERR_S2S_PATH_AMBIGUOUS: { ...request('ERR_S2S_PATH_AMBIGUOUS'), challenge: false },
  ERR_S2S_TLS_REQUIRED: {
    ...request('ERR_S2S_TLS_REQUIRED'),
    status: 403,
    error: 'insufficient_transport_security',
    challenge: false,
  },
  ERR_S2S_TOKEN_MALFORMED: token('ERR_S2S_TOKEN_MALFORMED'),
  ERR_S2S_TOKEN_TOO_LARGE: token('ERR_S2S_TOKEN_TOO_LARGE'),
  ERR_S2S_TOKEN_TYPE: token('ERR_S2S_TOKEN_TYPE'),
  ERR_S2S_ALGORITHM_NOT_ALLOWED: token('ERR_S2S_ALGORITHM_NOT_ALLOWED'),
  ERR_S2S_HEADER_NOT_ALLOWED: token('ERR_S2S_HEADER_NOT_ALLOWED'),
  ERR_S2S_ISSUER_UNTRUSTED: token('ERR_S2S_ISSUER_UNTRUSTED'),
  ERR_S2S_KEY_UNKNOWN: token('ERR_S2S_KEY_UNKNOWN'),
  ERR_S2S_KEY_UNUSABLE: token('ERR_S2S_KEY_UNUSABLE'),
  ERR_S2S_SIGNATURE_INVALID: token('ERR_S2S_SIGNATURE_INVALID'),
  ERR_S2S_AUDIENCE_MISMATCH: token('ERR_S2S_AUDIENCE_MISMATCH'),
  ERR_S2S_TOKEN_EXPIRED: token('ERR_S2S_TOKEN_EXPIRED'),
  ERR_S2S_TOKEN_NOT_YET_VALID: token('ERR_S2S_TOKEN_NOT_YET_VALID'),
  ERR_S2S_TOKEN_LIFETIME: token('ERR_S2S_TOKEN_LIFETIME'),
  ERR_S2S_CLAIM_INVALID: token('ERR_S2S_CLAIM_INVALID'),
  ERR_S2S_ACTOR_MISMATCH: token('ERR_S2S_ACTOR_MISMATCH'),
  ERR_S2S_REALM_MISMATCH: token('ERR_S2S_REALM_MISMATCH'),
  ERR_S2S_BROKER_REQUIRED: token('ERR_S2S_BROKER_REQUIRED'),
  ERR_S2S_DELEGATION_ABSENT: token('ERR_S2S_DELEGATION_ABSENT'),
  ERR_S2S_TOKEN_SUSPENDED: token('ERR_S2S_TOKEN_SUSPENDED'),
  ERR_S2S_TOKEN_EXPOSED: token('ERR_S2S_TOKEN_EXPOSED'),
  ERR_S2S_TOKEN_BOUND: token('ERR_S2S_TOKEN_BOUND'),
  ERR_S2S_TOKEN_NOT_BOUND: token('ERR_S2S_TOKEN_NOT_BOUND'),
  ERR_S2S_PROOF_REQUIRED: token('ERR_S2S_PROOF_REQUIRED'),
  ERR_S2S_DPOP_PROOF_INVALID: proof('ERR_S2S_DPOP_PROOF_INVALID', 'invalid_dpop_proof'),
  ERR_S2S_DPOP_PROOF_REPLAYED: proof('ERR_S2S_DPOP_PROOF_REPLAYED', 'invalid_dpop_proof'),
  ERR_S2S_DPOP_NONCE_REQUIRED: proof('ERR_S2S_DPOP_NONCE_REQUIRED', 'use_dpop_nonce'),
  ERR_S2S_CALLER_REFUSED: token('ERR_S2S_CALLER_REFUSED'),
  ERR_S2S_DELEGATION_NOT_ALLOWED: {
    ...permission('ERR_S2S_DELEGATION_NOT_ALLOWED'),
    error: 'access_denied',
    challenge: false,
  },
  ERR_S2S_USER_NOT_FOUND: identity('ERR_S2S_USER_NOT_FOUND'),
  ERR_S2S_USER_AMBIGUOUS: identity('ERR_S2S_USER_AMBIGUOUS'),
  ERR_S2S_USER_CONFLICT: identity('ERR_S2S_USER_CONFLICT'),
  ERR_S2S_USER_STORE_UNKNOWN: identity('ERR_S2S_USER_STORE_UNKNOWN'),
  ERR_S2S_SCOPE_MISSING: permission('ERR_S2S_SCOPE_MISSING'),
  ERR_S2S_GRANT_MISSING: permission('ERR_S2S_GRANT_MISSING'),
  ERR_S2S_APP_ONLY_NOT_ALLOWED: permission('ERR_S2S_APP_ONLY_NOT_ALLOWED'),
  ERR_S2S_USER_RIGHT_MISSING: permission('ERR_S2S_USER_RIGHT_MISSING'),
  ERR_S2S_RESOURCE_NOT_LISTED: permission('ERR_S2S_RESOURCE_NOT_LISTED'),
  ERR_S2S_KEYS_UNREACHABLE: unavailable('ERR_S2S_KEYS_UNREACHABLE'),
  ERR_S2S_METADATA_INVALID: unavailable('ERR_S2S_METADATA_INVALID'),
  ERR_S2S_PROFILES_UNAVAILABLE: unavailable('ERR_S2S_PROFILES_UNAVAILABLE'),
  ERR_S2S_STATE_UNAVAILABLE: unavailable('ERR_S2S_STATE_UNAVAILABLE'),
  ERR_S2S_OUTGOING_REQUEST_INVALID: outgoing('ERR_S2S_OUTGOING_REQUEST_INVALID'),
  ERR_S2S_TARGET_NOT_HTTPS: outgoing('ERR_S2S_TARGET_NOT_HTTPS'),
  ERR_S2S_TARGET_UNREACHABLE: outgoing('ERR_S2S_TARGET_UNREACHABLE'),
  ERR_S2S_TARGET_TIMEOUT: outgoing('ERR_S2S_TARGET_TIMEOUT'),
  ERR_S2S_TARGET_REDIRECT: outgoing('ERR_S2S_TARGET_REDIRECT'),
  ERR_S2S_TARGET_CHALLENGE: outgoing('ERR_S2S_TARGET_CHALLENGE'),
  ERR_S2S_TARGET_DOES_NOT_TRUST_US: outgoing('ERR_S2S_TARGET_DOES_NOT_TRUST_US'),
  ERR_S2S_TOKEN_REQUEST_REFUSED: outgoing('ERR_S2S_TOKEN_REQUEST_REFUSED'),
  ERR_S2S_TOKEN_ISSUER_UNAVAILABLE: outgoing('ERR_S2S_TOKEN_ISSUER_UNAVAILABLE'),
}
