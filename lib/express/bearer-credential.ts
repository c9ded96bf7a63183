import type { Presented } from '../binding/presented.ts'
import { RequestError } from '../foundation/errors.ts'

/** What is read of a request to find its credential; plain objects without `rawHeaders` do too. */
export interface CredentialRequest {
  readonly headers: { readonly authorization?: unknown }
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders?: readonly string[]
  readonly url?: string | undefined
  /** Whatever a body parser left. */
  readonly body?: unknown
}

/**
 * The credential of a request: none at all, the empty `Bearer` that asks for discovery, another scheme, or a token of
 * which nothing is proved yet.
 */
export type BearerCredential =
  { readonly kind: 'none' } | { readonly kind: 'empty' } | { readonly kind: 'other-scheme' } | TokenCredential

/** A token, and the scheme that it came under. */
export interface TokenCredential {
  readonly kind: 'token'
  readonly token: string
  readonly scheme: Presented['scheme']
}

const none: BearerCredential = Object.freeze({ kind: 'none' })
const empty: BearerCredential = Object.freeze({ kind: 'empty' })
const otherScheme: BearerCredential = Object.freeze({ kind: 'other-scheme' })

/** `credentials` of RFC 6750 section 2.1; group 1 is the token (b64token). */
const bearerToken = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)$/
/** `credentials` of RFC 9449 section 7.1; group 1 is the token. */
const dpopToken = /^DPoP +([A-Za-z0-9\-._~+/]+=*)$/i
const emptyBearer = /^bearer *$/i
/** A scheme (RFC 9110 `token`) and, after a space, printable text that we have no reason to judge. */
const anyScheme = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: [\x20-\x7e]*)?$/
/** A credential glued to its scheme, or joined to another credential with a comma. */
const strayDpop = /^dpop|, *dpop(?:[ ,]|$)/i
const straySchemeName = /^bearer|, *bearer(?:[ ,]|$)/i

/**
 * Finds the token of a request, under the scheme `Bearer` or, where it is accepted, `DPoP`. Only the `Authorization` header may
 * carry one.
 *
 * Checks the header's syntax and that there is one such header, then that neither query nor parsed body carries an
 * `access_token`. Does not look into the token (see `parseUnverifiedToken`) nor at its size, and reads a body only when
 * a body parser ran before.
 *
 * @throws RequestError `ERR_S2S_HEADER_MALFORMED`, `ERR_S2S_TOKEN_IN_QUERY`, `ERR_S2S_TOKEN_IN_BODY`
 * @see RFC 6750 section 2, RFC 9110 section 11.4
 */
export function readBearerCredential(request: CredentialRequest, acceptsDpop = false): BearerCredential {
  const credential = readHeader(request, acceptsDpop)
  if (hasTokenInQuery(request.url)) throw new RequestError('ERR_S2S_TOKEN_IN_QUERY')
  if (hasTokenInBody(request.body)) throw new RequestError('ERR_S2S_TOKEN_IN_BODY')
  return credential
}

function readHeader({ headers, rawHeaders }: CredentialRequest, acceptsDpop: boolean): BearerCredential {
  if (rawHeaders !== undefined && hasSecondAuthorization(rawHeaders)) {
    throw new RequestError('ERR_S2S_HEADER_MALFORMED', 'the request has more than one Authorization header')
  }
  const { authorization } = headers
  if (authorization === undefined) return none
  const credential = typeof authorization === 'string' ? parseCredential(authorization, acceptsDpop) : undefined
  if (credential !== undefined) return credential
  throw new RequestError('ERR_S2S_HEADER_MALFORMED', 'the Authorization header is not "Bearer" and one token')
}

function parseCredential(authorization: string, acceptsDpop: boolean): BearerCredential | undefined {
  const token = bearerToken.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'token', token, scheme: 'bearer' }
  if (emptyBearer.test(authorization)) return empty
  if (acceptsDpop && /dpop/i.test(authorization)) return parseDpop(authorization)
  return anyScheme.test(authorization) && !straySchemeName.test(authorization) ? otherScheme : undefined
}

/** The same rules as for `Bearer`; without a token it is a scheme like any other. */
function parseDpop(authorization: string): BearerCredential | undefined {
  const token = dpopToken.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'token', token, scheme: 'dpop' }
  if (/^dpop *$/i.test(authorization)) return otherScheme
  return anyScheme.test(authorization) && !straySchemeName.test(authorization) && !strayDpop.test(authorization)
    ? otherScheme
    : undefined
}

/** Node keeps only the first of several, so the raw list is counted. */
function hasSecondAuthorization(rawHeaders: readonly string[]): boolean {
  let isSeen = false
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length !== 13 || name.toLowerCase() !== 'authorization') continue
    if (isSeen) return true
    isSeen = true
  }
  return false
}

/** `access_token` however a parser of queries may read it: in brackets, with an index, percent-encoded, after `;`. */
function hasTokenInQuery(url: string | undefined): boolean {
  const start = url?.indexOf('?') ?? -1
  if (url === undefined || start === -1) return false
  return url
    .slice(start + 1)
    .split(/[&;]/)
    .some((parameter) => isTokenName(parameter.split('=', 1).join()))
}

function isTokenName(name: string): boolean {
  const decoded = name.replace(/%([0-9a-f]{2})/gi, (_, hexadecimal: string) =>
    String.fromCharCode(Number.parseInt(hexadecimal, 16)),
  )
  return /^\??\[?access_token(?:$|[[\].])/.test(decoded)
}

function hasTokenInBody(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'access_token')
}
