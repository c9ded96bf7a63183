/** How one error code is answered: who must act decides the kind, the kind decides status and wire error. */
export type ErrorKind =
  | 'configuration'
  | 'request'
  | 'transport'
  | 'token'
  | 'proof'
  | 'nonce'
  | 'policy'
  | 'identity'
  | 'permission'
  | 'unavailable'
  | 'outgoing'

/** What the caller is told about one kind of error (design: the class says who must act). */
export interface ErrorAnswer {
  readonly status: number
  readonly error: string
  /** Whether the answer carries a `WWW-Authenticate` challenge. */
  readonly challenge: boolean
}

/** Status, RFC 6750 error and challenge of every kind. */
export const errorAnswers: Readonly<Record<ErrorKind, ErrorAnswer>> = {
  configuration: { status: 500, error: 'server_error', challenge: false },
  request: { status: 400, error: 'invalid_request', challenge: true },
  transport: { status: 403, error: 'insufficient_transport_security', challenge: false },
  token: { status: 401, error: 'invalid_token', challenge: true },
  proof: { status: 401, error: 'invalid_dpop_proof', challenge: true },
  nonce: { status: 401, error: 'use_dpop_nonce', challenge: true },
  policy: { status: 403, error: 'access_denied', challenge: false },
  identity: { status: 403, error: 'access_denied', challenge: false },
  permission: { status: 403, error: 'insufficient_scope', challenge: true },
  unavailable: { status: 503, error: 'temporarily_unavailable', challenge: false },
  outgoing: { status: 502, error: 'bad_gateway', challenge: false },
}

interface CodeEntry {
  readonly kind: ErrorKind
  /** The fixed text the caller gets; never holds anything of the request. */
  readonly description: string
}

/** Every error code, once: its kind and the fixed text that the caller gets. */
export const errorCodes = {
  ERR_S2S_OPTION_INVALID: { kind: 'configuration', description: 'An option is invalid.' },
  ERR_S2S_OPTION_UNKNOWN: { kind: 'configuration', description: 'An option is unknown.' },
  ERR_S2S_SESSION_REFUSED: { kind: 'configuration', description: 'S2S never signs anyone in: set session: false.' },
  ERR_S2S_ROUTES_UNCOVERED: { kind: 'configuration', description: 'Routes of this server are not covered by rules.' },
  ERR_S2S_NOT_PROTECTED: { kind: 'configuration', description: 'This request was not authenticated by passport-s2s.' },

  ERR_S2S_HEADER_MALFORMED: { kind: 'request', description: 'The Authorization header is malformed.' },
  ERR_S2S_TOKEN_IN_QUERY: { kind: 'request', description: 'Tokens are not accepted in the query.' },
  ERR_S2S_TOKEN_IN_BODY: { kind: 'request', description: 'Tokens are not accepted in the body.' },
  ERR_S2S_PATH_AMBIGUOUS: { kind: 'request', description: 'The path is spelt ambiguously.' },

  ERR_S2S_TLS_REQUIRED: { kind: 'transport', description: 'This resource is served over https only.' },

  ERR_S2S_TOKEN_MALFORMED: { kind: 'token', description: 'The token is malformed.' },
  ERR_S2S_TOKEN_TOO_LARGE: { kind: 'token', description: 'The token is too large.' },
  ERR_S2S_TOKEN_TYPE: { kind: 'token', description: 'The token is of a type that is not accepted.' },
  ERR_S2S_ALGORITHM_NOT_ALLOWED: { kind: 'token', description: 'The signature algorithm is not allowed.' },
  ERR_S2S_HEADER_NOT_ALLOWED: { kind: 'token', description: 'The token has a header parameter that is not allowed.' },
  ERR_S2S_ISSUER_UNTRUSTED: { kind: 'token', description: 'The issuer is not trusted.' },
  ERR_S2S_KEY_UNKNOWN: { kind: 'token', description: 'The signing key is unknown.' },
  ERR_S2S_KEY_UNUSABLE: { kind: 'token', description: 'The signing key is not usable.' },
  ERR_S2S_SIGNATURE_INVALID: { kind: 'token', description: 'The signature is invalid.' },
  ERR_S2S_AUDIENCE_MISMATCH: { kind: 'token', description: 'The token is meant for another audience.' },
  ERR_S2S_TOKEN_EXPIRED: { kind: 'token', description: 'The token has expired.' },
  ERR_S2S_TOKEN_NOT_YET_VALID: { kind: 'token', description: 'The token is not valid yet.' },
  ERR_S2S_TOKEN_LIFETIME: { kind: 'token', description: 'The token lives too long.' },
  ERR_S2S_CLAIM_INVALID: { kind: 'token', description: 'A claim is missing or invalid.' },
  ERR_S2S_ACTOR_MISMATCH: { kind: 'token', description: 'The token and its actor token do not belong together.' },
  ERR_S2S_REALM_MISMATCH: { kind: 'token', description: 'The realms of the token do not agree.' },
  ERR_S2S_BROKER_REQUIRED: { kind: 'token', description: 'The issuer may speak for no other application.' },
  ERR_S2S_DELEGATION_ABSENT: { kind: 'token', description: 'The application is not trusted for delegation.' },
  ERR_S2S_TOKEN_SUSPENDED: { kind: 'token', description: 'The token has been suspended.' },
  ERR_S2S_TOKEN_EXPOSED: { kind: 'token', description: 'The token was exposed and is refused.' },
  ERR_S2S_TOKEN_BOUND: { kind: 'token', description: 'The token is bound to a key that was not proved.' },
  ERR_S2S_TOKEN_NOT_BOUND: { kind: 'token', description: 'The token is not bound to a key of its sender.' },
  ERR_S2S_PROOF_REQUIRED: { kind: 'token', description: 'This resource requires a proof that the token is your own.' },
  ERR_S2S_DPOP_PROOF_INVALID: { kind: 'proof', description: 'The DPoP proof is missing or invalid.' },
  ERR_S2S_DPOP_PROOF_REPLAYED: { kind: 'proof', description: 'The DPoP proof was used before.' },
  ERR_S2S_DPOP_NONCE_REQUIRED: { kind: 'nonce', description: 'The DPoP proof needs a nonce of this server.' },
  ERR_S2S_CALLER_REFUSED: { kind: 'token', description: 'The caller was refused.' },

  ERR_S2S_DELEGATION_NOT_ALLOWED: { kind: 'policy', description: 'The application may not act for users here.' },

  ERR_S2S_USER_NOT_FOUND: { kind: 'identity', description: 'The user is not known here.' },
  ERR_S2S_USER_AMBIGUOUS: { kind: 'identity', description: 'The user matches several profiles.' },
  ERR_S2S_USER_CONFLICT: { kind: 'identity', description: 'The identifiers of the user belong to different profiles.' },
  ERR_S2S_USER_STORE_UNKNOWN: { kind: 'identity', description: 'The user store is not known here.' },

  ERR_S2S_SCOPE_MISSING: { kind: 'permission', description: 'The token lacks a scope that this resource requires.' },
  ERR_S2S_GRANT_MISSING: {
    kind: 'permission',
    description: 'The application lacks a grant that this resource requires.',
  },
  ERR_S2S_APP_ONLY_NOT_ALLOWED: { kind: 'permission', description: 'The application may not act on its own here.' },
  ERR_S2S_USER_RIGHT_MISSING: {
    kind: 'permission',
    description: 'The user lacks a right that this resource requires.',
  },
  ERR_S2S_RESOURCE_NOT_LISTED: { kind: 'permission', description: 'This resource is open to nobody.' },

  ERR_S2S_KEYS_UNREACHABLE: { kind: 'unavailable', description: 'The keys of the issuer cannot be reached.' },
  ERR_S2S_METADATA_INVALID: { kind: 'unavailable', description: 'The metadata of the issuer cannot be used.' },
  ERR_S2S_PROFILES_UNAVAILABLE: { kind: 'unavailable', description: 'The user profiles cannot be reached.' },
  ERR_S2S_STATE_UNAVAILABLE: { kind: 'unavailable', description: 'The shared state cannot be reached.' },

  ERR_S2S_OUTGOING_REQUEST_INVALID: { kind: 'outgoing', description: 'The outgoing request is not possible.' },
  ERR_S2S_TARGET_NOT_HTTPS: { kind: 'outgoing', description: 'The other server is not called over https.' },
  ERR_S2S_TARGET_UNREACHABLE: { kind: 'outgoing', description: 'The other server cannot be reached.' },
  ERR_S2S_TARGET_TIMEOUT: { kind: 'outgoing', description: 'The other server did not answer in time.' },
  ERR_S2S_TARGET_REDIRECT: { kind: 'outgoing', description: 'The other server redirects to somewhere else.' },
  ERR_S2S_TARGET_CHALLENGE: { kind: 'outgoing', description: 'The other server does not say who it is.' },
  ERR_S2S_TARGET_DOES_NOT_TRUST_US: { kind: 'outgoing', description: 'The other server does not trust this one.' },
  ERR_S2S_TOKEN_REQUEST_REFUSED: { kind: 'outgoing', description: 'The issuer gave no token.' },
  ERR_S2S_TOKEN_ISSUER_UNAVAILABLE: { kind: 'outgoing', description: 'The issuer of tokens cannot be used.' },
} as const satisfies Record<string, CodeEntry>

/** The stable codes of all errors. */
export type ErrorCode = keyof typeof errorCodes

/** The codes of one kind. */
export type CodeOf<Kind extends ErrorKind> = {
  [Code in ErrorCode]: (typeof errorCodes)[Code]['kind'] extends Kind ? Code : never
}[ErrorCode]
