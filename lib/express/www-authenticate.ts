import { errorAnswers, errorCodes, type ErrorCode } from '../foundation/error-codes.ts'
import { ConfigurationError, PermissionError, type S2SError } from '../foundation/errors.ts'

/** What the challenges of one server are made of. */
export interface ChallengeOptions {
  /** Our realm; clients cut it out of the challenge by its position. Default `s2s`. */
  readonly realm?: string
  /** Our own client id, told in the discovery challenge only. */
  readonly clientId?: string
  /** Names for the discovery challenge, asked for each time: issuers may come and go. Default: none. */
  readonly trustedIssuers?: () => readonly string[]
  /** Where our resource metadata is; every challenge says so. Default: none says it. */
  readonly resourceMetadata?: string
  /** Scopes that every 401 names. Default: none. */
  readonly scopes?: readonly string[]
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
 * The realm is always first and the address of the resource metadata last.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 * @see RFC 6750 section 3, RFC 9728 section 5.1
 */
export function createChallenges(options: ChallengeOptions = {}): Challenges {
  const { realm = 's2s', clientId, trustedIssuers = () => [], resourceMetadata, scopes = [] } = options
  checkWord('realm', realm)
  if (clientId !== undefined) checkWord('clientId', clientId)
  const start = `Bearer realm="${realm}"`
  const client = clientId === undefined ? '' : `, client_id="${clientId}"`
  const first = scopeAttribute(scopes)
  const end = resourceMetadata === undefined ? '' : `, resource_metadata="${resourceMetadata}"`
  const withoutScope = new Map<ErrorCode, string>()
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const scope = errorCodes[code].kind === 'token' ? first : ''
    withoutScope.set(code, `${start}${scope}, ${errorAttributes(code)}${end}`)
  }

  const bare = start + first + end

  return {
    bare,
    discovery() {
      const names = trustedIssuers().filter((name) => attributeText.test(name) && !name.includes(','))
      const issuers = names.length === 0 ? '' : `, trusted_issuers="${names.join(',')}"`
      return start + client + issuers + first + end
    },
    forError(error) {
      const scope = error instanceof PermissionError ? scopeAttribute([...error.required, ...error.held]) : ''
      if (scope !== '') return `${start}${scope}, ${errorAttributes(error.code)}${end}`
      return withoutScope.get(error.code) ?? bare
    },
  }
}

/** The scopes that RFC 6750 can carry, each once; empty without any. */
function scopeAttribute(names: readonly string[]): string {
  const scopes = new Set(names.filter((name) => scopeToken.test(name)))
  return scopes.size === 0 ? '' : `, scope="${[...scopes].join(' ')}"`
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
