import { isUtf8 } from 'node:buffer'
import { TokenError } from '../foundation/errors.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'

/** The header parameters that are ever looked at. Everything else is ignored or refused. */
export interface JoseHeader {
  readonly alg: string
  readonly typ?: string
  readonly kid?: string
  readonly x5t?: string
  readonly 'x5t#S256'?: string
}

/** A well-formed compact JWT of which nothing has been proved yet. The name is the warning. */
export type UnverifiedToken = UnverifiedJwt<JoseHeader>

/** The same with a header of its own kind. */
export interface UnverifiedJwt<Header> {
  readonly header: Header
  readonly claims: JsonObject
  /** The bytes that are signed: `header.payload` as they came. */
  readonly signingInput: string
  /** Empty for an unsigned token. */
  readonly signature: Buffer
}

/** 12 KiB: above this a token is refused before it is decoded. */
export const maximumTokenLength: number = 12 * 1024

/**
 * Header parameters that change what a token means or bring their own key: refused, never obeyed.
 *
 * @see RFC 7515 section 4.1, RFC 7797, RFC 8725 section 3.1
 */
export const refusedParameters = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'actortoken'] as const
const textParameters = ['typ', 'kid', 'x5t', 'x5t#S256'] as const
const maximumParameterLength = 1024

/**
 * Reads a compact JWT strictly: size, three segments, canonical base64url, UTF-8, JSON objects without duplicate
 * members, no header parameter that selects a mode or a key.
 *
 * Does NOT check the signature, the algorithm, the issuer or any claim (see `createTokenVerifier`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_TOO_LARGE`, `ERR_S2S_TOKEN_MALFORMED`, `ERR_S2S_HEADER_NOT_ALLOWED`,
 * `ERR_S2S_ALGORITHM_NOT_ALLOWED` (no `alg`), `ERR_S2S_TOKEN_TYPE` (`typ` is not text)
 * @see RFC 7515 section 5.2, RFC 7519 section 7.2
 */
export function parseUnverifiedToken(text: string, readHeader: ReadHeader = parseHeader): UnverifiedToken {
  if (text.length > maximumTokenLength) {
    throw new TokenError('ERR_S2S_TOKEN_TOO_LARGE', `the token is longer than ${maximumTokenLength} characters`)
  }
  return parseCompactJwt(text, readHeader)
}

/**
 * The same for a JWT of another kind, whose header its own reader judges; that reader must refuse what it does not obey. The
 * length is for the caller to bound.
 *
 * @throws TokenError `ERR_S2S_TOKEN_MALFORMED`, and what `readHeader` throws
 */
export function parseCompactJwt<Header>(text: string, readHeader: (segment: string) => Header): UnverifiedJwt<Header> {
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first < 1 || second <= first + 1 || text.indexOf('.', second + 1) !== -1) {
    throw malformed('the token does not have three segments')
  }
  return {
    header: readHeader(text.slice(0, first)),
    claims: parsePart(text.slice(first + 1, second)),
    signingInput: text.slice(0, second),
    signature: decodeSegment(text.slice(second + 1)),
  }
}

/** Reads the first segment of a token. */
export type ReadHeader = (segment: string) => JoseHeader

const maximumHeaders = 64

/**
 * Reads headers and remembers the last few: all tokens that one key signed begin with the same text. Only what was read
 * without a fault is remembered; a flood of others costs nothing but the memory of these few.
 */
export function createHeaderReader(): ReadHeader {
  const known = new Map<string, JoseHeader>()
  return function readHeader(segment) {
    const remembered = known.get(segment)
    if (remembered !== undefined) return remembered
    const header = Object.freeze(parseHeader(segment))
    if (known.size >= maximumHeaders) known.clear()
    known.set(segment, header)
    return header
  }
}

function parseHeader(segment: string): JoseHeader {
  return decodeHeader(parsePart(segment))
}

/**
 * Reads a segment that must be a JSON object.
 *
 * @throws TokenError `ERR_S2S_TOKEN_MALFORMED`
 */
export function parsePart(segment: string): JsonObject {
  const bytes = decodeSegment(segment)
  if (!isUtf8(bytes)) throw malformed('a segment is not UTF-8')
  try {
    return parseJsonObject(bytes.toString('utf8'), tokenLimits)
  } catch (cause) {
    throw new TokenError('ERR_S2S_TOKEN_MALFORMED', 'a segment is not a JSON object with unique member names', {
      cause,
    })
  }
}

const tokenLimits = { maximumLength: maximumTokenLength, maximumDepth: 32 }

/** Buffer skips what is not base64url; encoding the bytes again shows whether anything was skipped or not canonical. */
function decodeSegment(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (bytes.toString('base64url') !== segment) throw malformed('a segment is not canonical base64url')
  return bytes
}

function decodeHeader(header: JsonObject): JoseHeader {
  for (const name of refusedParameters) {
    if (Object.hasOwn(header, name)) {
      throw new TokenError('ERR_S2S_HEADER_NOT_ALLOWED', `the header parameter "${name}" is never accepted`)
    }
  }
  if (typeof header['alg'] !== 'string') {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the header has no "alg"')
  }
  for (const name of textParameters) checkTextParameter(header, name)
  return header as unknown as JoseHeader
}

function checkTextParameter(header: JsonObject, name: (typeof textParameters)[number]): void {
  const value = header[name]
  if (value === undefined) return
  if (typeof value === 'string' && value.length <= maximumParameterLength) return
  if (name === 'typ') throw new TokenError('ERR_S2S_TOKEN_TYPE', 'the header parameter "typ" is not a short text')
  throw malformed(`the header parameter "${name}" is not a short text`)
}

function malformed(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_MALFORMED', reason)
}
