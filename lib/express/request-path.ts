/** What is read of a request to judge its path. No header is: `X-Original-URL` and its like are the caller's words. */
export interface PathRequest {
  /** The target as the router at this mount point sees it. */
  readonly url?: string | undefined
  /** The target as it arrived. */
  readonly originalUrl?: string | undefined
  /** Express's own reading of `url`. */
  readonly path?: string | null | undefined
}

/**
 * How a path is spelt: so that everybody reads it alike, with a `%2f` that some read as a slash, or so that proxies,
 * routers and handlers may disagree.
 */
export type PathSpelling = 'plain' | 'encoded-slash' | 'ambiguous'

/** What parseurl, which Express's routers use, takes apart by itself; anything else goes through `url.parse`. */
const originForm = /^(\/[^?#\t\n\f\r \xa0\ufeff]*)(?:\?[^#\t\n\f\r \xa0\ufeff]*)?$/
/** The absolute form with a host that needs no interpretation. */
const absoluteForm = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?=[/?]|$)/i

/** What no query has that parseurl takes apart by itself. */
const oddQuery = /[#\t\n\f\r \xa0\ufeff]/

/** Segments of unreserved and harmless characters only; none empty but the last, none `.` or `..`. */
const plainPath = /^(?:\/(?!\/|\.{1,2}(?:\/|$))[\x21\x22\x24\x26-\x2e\x30-\x3a\x3c-\x5b\x5d-\x7e]*)+$/
const misleadingEncoding = /%(?:5c|2e|[01][0-9a-f]|7f)/i
/** A dot segment once `%2f` is read as a slash. */
const encodedDotSegment = /(?:\/|%2f)\.{1,2}(?:\/|%2f|$)/i

/** The path to judge, and how it is spelt. */
export interface RequestPath {
  readonly path: string
  readonly spelling: PathSpelling
}

/** `judgedPath` and `pathSpelling` of a request. Nearly all are spelt plainly, and those are read once. */
export function readRequestPath(request: PathRequest): RequestPath {
  const { url = '', originalUrl = url } = request
  if (isPlainTarget(url) && (originalUrl === url || isPlainTarget(originalUrl))) {
    return { path: withoutQuery(url), spelling: 'plain' }
  }
  return { path: judgedPath(request), spelling: pathSpelling(request) }
}

/** A target in origin form that everybody takes apart alike, with a path that everybody reads alike. */
function isPlainTarget(target: string): boolean {
  const path = withoutQuery(target)
  return plainPath.test(path) && (path.length === target.length || !oddQuery.test(target))
}

function withoutQuery(target: string): string {
  const end = target.indexOf('?')
  return end === -1 ? target : target.slice(0, end)
}

/**
 * The path that a router mounted where this middleware is will match: undecoded, below `req.baseUrl`, without the query.
 *
 * Reads the path as Express 4 and 5 do (their `req.path`). Does not judge how it is spelt (see `pathSpelling`).
 */
export function judgedPath(request: PathRequest): string {
  const { url = '' } = request
  const origin = originForm.exec(url)?.[1]
  if (origin !== undefined) return origin
  return expressPath(request) ?? rawPath(url)
}

/** Express's `req.path` throws for a target that is no URL; its router then matches nothing, and so does the empty path. */
function expressPath(request: PathRequest): string | undefined {
  try {
    return request.path ?? undefined
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError) return ''
    throw error
  }
}

/**
 * How the path of a request is spelt; the query is never looked at.
 *
 * `ambiguous`: a backslash, `;`, `#`, `//`, a dot segment, a control character, space or non-ASCII character, `%2e`,
 * `%5c`, an encoded control character, a percent-encoding that is malformed or no UTF-8, and any target that is neither a
 * path nor `http(s)://host/path`. `encoded-slash`: `%2f` and nothing of that. Looks at the target as it arrived and at
 * what routers here make of it. Does not refuse anything; the guard does, by entry of the resource table.
 *
 * @see RFC 3986 section 6.2.2, RFC 9112 section 3.2
 */
export function pathSpelling(request: PathRequest): PathSpelling {
  const { url = '', originalUrl = url } = request
  const raw = rawPath(url)
  const judged = judgedPath(request)
  if (originalUrl === url && judged === raw) return spellingOf(raw)
  const spellings = [raw, judged, rawPath(originalUrl)].map(spellingOf)
  if (spellings.includes('ambiguous')) return 'ambiguous'
  return spellings.includes('encoded-slash') ? 'encoded-slash' : 'plain'
}

function rawPath(target: string): string {
  const path = withoutQuery(target)
  if (path.startsWith('/')) return path
  const origin = absoluteForm.exec(target)?.[0]
  return origin === undefined ? path : path.slice(origin.length) || '/'
}

function spellingOf(path: string): PathSpelling {
  if (plainPath.test(path)) return 'plain'
  const isPlainOtherwise = plainPath.test(path.replaceAll('%', '~'))
  if (!isPlainOtherwise || misleadingEncoding.test(path) || encodedDotSegment.test(path)) return 'ambiguous'
  if (!isDecodable(path)) return 'ambiguous'
  return /%2f/i.test(path) ? 'encoded-slash' : 'plain'
}

/** `decodeURIComponent` throws for nothing but encodings that are malformed or no UTF-8. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
