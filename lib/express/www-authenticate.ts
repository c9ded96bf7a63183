import { errorAnswers, errorCodes, type ErrorCode } from '../foundation/error-codes.ts'
import { ConfigurationError, PermissionError, type S2SError } from '../foundation/errors.ts'

/** What the challenges of one server are made of. */
export interface ChallengeOptions {
  /** Our realm; clients cut it out of the challenge by its position. Default `s2s`. */
  readonly realm?: string | undefined
  /** Our own client id, told in the discovery challenge only. */
  readonly clientId?: string | undefined
  /** Algorithms of DPoP proofs; left out where DPoP is not accepted, and no challenge names it. */
  readonly proofAlgorithms?: readonly string[] | undefined
  /** Names for the discovery challenge, asked for each time: issuers may come and go. Default: none. */
  readonly trustedIssuers?: () => readonly string[]
  /** Where our resource metadata is; every challenge says so. Default: none says it. */
  readonly resourceMetadata?: string | undefined
  /** Scopes that every 401 names. Default: none. */
  readonly scopes?: readonly string[] | undefined
}

/** The values of `WWW-Authenticate` that one server sends. */
export interface Challenges {
  /** No credential was sent: the realm, and what the operator wants every 401 to say. */
  readonly bare: string
  /** The credential was the empty `Bearer`: who we are and, when advertised, whom we trust. */
  discovery(): string
  /** A refused request: the scopes to ask for (if any), the RFC 6750 error and the fixed text of the code. */
  forError(error: S2SError): string
}

/** RFC 6750 section 3 gives these characters to `error_description`; we hold every attribute to them. */
const attributeText = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Makes the challenges of one server. No other file writes the text of a `WWW-Authenticate` value.
 *
 * Checks that existing clients can read the realm, which they cut out after `Bearer realm="`, at the first comma or at
 * the first equals sign. Names of trusted issuers and scopes that RFC 6750 cannot carry are left out. Does not decide
 * which answers carry a challenge (see `refusalOf`). Never holds text of a token or of a request.
 *
 * The realm is always first, and the address of the resource metadata last in the challenge of each scheme.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 * @see RFC 6750 section 3, RFC 9728 section 5.1
 */
export function createChallenges(options: ChallengeOptions = {}): Challenges {
  const { clientId, trustedIssuers = () => [] } = options
  if (clientId !== undefined) checkWord('clientId', clientId)
  const parts = partsOf(options)
  const { bearer, firstScopes, end } = parts
  const dpop = parts.dpop === '' ? '' : parts.dpop + end
  const client = clientId === undefined ? '' : `, client_id="${clientId}"`
  const withoutScope = new Map<ErrorCode, string>()
  for (const code of Object.keys(errorCodes) as ErrorCode[]) withoutScope.set(code, challengeOf(code, parts))
  const bare = bearer + firstScopes + end + dpop

  return {
    bare,
    discovery() {
      const names = trustedIssuers().filter((name) => attributeText.test(name) && !name.includes(','))
      const issuers = names.length === 0 ? '' : `, trusted_issuers="${names.join(',')}"`
      return bearer + client + issuers + firstScopes + end + dpop
    },
    forError(error) {
      const scope = error instanceof PermissionError ? scopeAttribute([...error.required, ...error.held]) : ''
      if (scope !== '') return `${bearer}${scope}, ${errorAttributes(error.code)}${end}${dpop}`
      return withoutScope.get(error.code) ?? bare
    },
  }
}

/** What challenges are put together from; all but `bearer` begin with a comma, or are empty. */
interface ChallengeParts {
  readonly bearer: string
  readonly firstScopes: string
  readonly dpop: string
  /** Stands at the end of the challenge of each scheme. */
  readonly end: string
}

function partsOf({ realm = 's2s', scopes = [], proofAlgorithms, resourceMetadata }: ChallengeOptions): ChallengeParts {
  checkWord('realm', realm)
  return {
    bearer: `Bearer realm="${realm}"`,
    firstScopes: scopeAttribute(scopes),
    dpop: proofAlgorithms === undefined ? '' : `, DPoP algs="${proofAlgorithms.join(' ')}"`,
    end: resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`,
  }
}

/** The scopes that RFC 6750 can carry, each once; empty without any. */
function scopeAttribute(names: readonly string[]): string {
  const scopes = new Set(names.filter((name) => scopeToken.test(name)))
  return scopes.size === 0 ? '' : `, scope="${[...scopes].join(' ')}"`
}

/** Errors that another kind of token, or a proof beside it, would end. */
const aboutBinding: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_S2S_TOKEN_BOUND',
  'ERR_S2S_TOKEN_NOT_BOUND',
  'ERR_S2S_PROOF_REQUIRED',
])

function isAboutProof(code: ErrorCode): boolean {
  const { kind } = errorCodes[code]
  return kind === 'proof' || kind === 'nonce'
}

/**
 * Old clients cut the realm out of what comes first: that stays `Bearer`. The error stands in the challenge of the scheme that
 * it is about, and in both where the other scheme would be the answer.
 *
 * @see RFC 9449 sections 7.1 and 7.2
 */
function challengeOf(code: ErrorCode, { bearer, firstScopes, dpop, end }: ChallengeParts): string {
  const attributes = `, ${errorAttributes(code)}`
  const scope = errorAnswers[errorCodes[code].kind].status === 401 ? firstScopes : ''
  if (dpop === '') return bearer + scope + attributes + end
  if (isAboutProof(code)) return bearer + scope + end + dpop + attributes + end
  return bearer + scope + attributes + end + dpop + (aboutBinding.has(code) ? attributes : '') + end
}

function errorAttributes(code: ErrorCode): string {
  const { kind, description } = errorCodes[code]
  return `error="${errorAnswers[kind].error}", error_description="${description}"`
}

function checkWord(name: 'realm' | 'clientId', value: unknown): void {
  if (typeof value === 'string' && attributeText.test(value) && !/[,=]/.test(value)) return
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${name} cannot be written into a challenge that clients can read; write printable ASCII without double quote, backslash, comma or equals sign, such as a GUID`,
  )
}
