import { errorAnswers, errorCodes, type ErrorCode } from '../foundation/error-codes.ts'
import { ConfigurationError, PermissionError, type S2SError } from '../foundation/errors.ts'

/** What the challenges of one server are made of. */
export interface ChallengeOptions {
  /** Our realm; clients cut it out of the challenge by its position. Default `s2s`. */
  readonly realm?: string
  /** Our own client id, told in the discovery challenge only. */
  readonly clientId?: string
  /** Algorithms of DPoP proofs; left out where DPoP is not accepted, and no challenge names it. */
  readonly proofAlgorithms?: readonly string[]
  /** Names for the discovery challenge, asked for each time: issuers may come and go. Default: none. */
  readonly trustedIssuers?: () => readonly string[]
}

/** The values of `WWW-Authenticate` that one server sends. */
export interface Challenges {
  /** No credential was sent: the realm and nothing else. */
  readonly bare: string
  /** The credential was the empty `Bearer`: who we are and, when advertised, whom we trust. */
  discovery(): string
  /** A refused request: the scopes it needed (if any), the RFC 6750 error and the fixed text of the code. */
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
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 * @see RFC 6750 section 3
 */
export function createChallenges(options: ChallengeOptions = {}): Challenges {
  const { realm = 's2s', clientId, proofAlgorithms, trustedIssuers = () => [] } = options
  checkWord('realm', realm)
  if (clientId !== undefined) checkWord('clientId', clientId)
  const bearer = `Bearer realm="${realm}"`
  const dpop = proofAlgorithms === undefined ? '' : `, DPoP algs="${proofAlgorithms.join(' ')}"`
  const client = clientId === undefined ? '' : `, client_id="${clientId}"`
  const withoutScope = new Map<ErrorCode, string>()
  for (const code of Object.keys(errorCodes) as ErrorCode[]) withoutScope.set(code, challengeOf(code, bearer, dpop))

  return {
    bare: bearer + dpop,
    discovery() {
      const names = trustedIssuers().filter((name) => attributeText.test(name) && !name.includes(','))
      const issuers = names.length === 0 ? '' : `, trusted_issuers="${names.join(',')}"`
      return bearer + client + issuers + dpop
    },
    forError(error) {
      const scopes = error instanceof PermissionError ? error.required.filter((scope) => scopeToken.test(scope)) : []
      if (scopes.length > 0) return `${bearer}, scope="${scopes.join(' ')}", ${errorAttributes(error.code)}${dpop}`
      return withoutScope.get(error.code) ?? bearer + dpop
    },
  }
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
function challengeOf(code: ErrorCode, bearer: string, dpop: string): string {
  const attributes = `, ${errorAttributes(code)}`
  if (isAboutProof(code)) return bearer + dpop + attributes
  return `${bearer}${attributes}${dpop === '' || !aboutBinding.has(code) ? dpop : dpop + attributes}`
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
