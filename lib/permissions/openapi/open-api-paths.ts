import { plainSegment } from '../plain-segment.ts'
import { itemsOf, membersOf, refusePlace, type Place } from './open-api-pointer.ts'

/** A path of the document, as Express writes it. */
export interface OpenApiPath {
  readonly place: Place
  /** `/reports/:id`, with the base path in front. */
  readonly path: string
  readonly item: ReadonlyMap<string, unknown>
}

/**
 * The paths of a document, those with fewer parameters in front first, as OpenAPI matches them.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for a template that Express cannot represent, two templates that are the
 * same, and references
 */
export function readPaths(document: ReadonlyMap<string, unknown>, base: string): readonly OpenApiPath[] {
  const seen = new Map<string, string>()
  const paths: OpenApiPath[] = []
  for (const [template, value] of membersOf(document.get('paths'), ['paths'])) {
    if (template.startsWith('x-')) continue
    const place = ['paths', template]
    const path = base + expressPath(template, place)
    const key = foldPath(path)
    const earlier = seen.get(key)
    if (earlier !== undefined) throw refusePlace(place, `is the same path as ${earlier}; write both as one`)
    seen.set(key, template)
    paths.push({ place, path, item: membersOf(value, place) })
  }
  return paths.sort((a, b) => orderOf(a.path).localeCompare(orderOf(b.path)))
}

/** Without letter case, a slash at the end, and names of parameters, as Express matches. */
function foldPath(path: string): string {
  return path.toLowerCase().replace(/:\w+/g, ':').replace(/\/$/, '')
}

/** Text before a parameter with text behind it, and that before a parameter alone. */
function rankOf(segment: string): number {
  if (!segment.startsWith(':')) return 0
  return segment === ':' ? 2 : 1
}

/** Sorts paths so that none stands behind a wider one. */
function orderOf(path: string): string {
  return foldPath(path).split('/').map(rankOf).join('')
}

/** Whether the first path is narrower than the second one, or the same, in every segment. */
export function isNarrower(one: string, other: string): boolean {
  const others = foldPath(other).split('/')
  const isNarrowerSegment = (segment: string, index: number): boolean =>
    segment === others[index] || rankOf(segment) < rankOf(others[index] ?? '')
  return foldPath(one).split('/').every(isNarrowerSegment)
}

/** Whether some request path is one of both. */
export function haveCommonPath(one: string, other: string): boolean {
  const segments = foldPath(one).split('/')
  const others = foldPath(other).split('/')
  if (segments.length !== others.length) return false
  return segments.every((segment, index) => {
    const opposite = others[index] ?? ''
    return segment === opposite || segment.startsWith(':') || opposite.startsWith(':')
  })
}

function expressPath(template: string, place: Place): string {
  const names = new Set<string>()
  if (!template.startsWith('/')) throw refusePlace(place, 'must begin with /')
  const segments = template.split('/').map((segment) => expressSegment(segment, names))
  const isWhole = segments.every((segment) => segment !== undefined && !/^\.{1,2}$/.test(segment))
  const [first, ...others] = segments
  if (isWhole && first === '' && others.slice(0, -1).every((segment) => segment !== '')) return segments.join('/')
  throw refusePlace(
    place,
    'cannot be written as a path of Express 4 and 5; segments must be plain text, or one {parameter} perhaps with text behind it, each name once',
  )
}

function expressSegment(segment: string, names: Set<string>): string | undefined {
  const template = /^\{([^{}]+)\}(?!\w)/.exec(segment)
  if (template === null) return !segment.includes(':') && plainSegment.test(segment) ? segment : undefined
  // The name is for readers only: what it matches does not depend on it.
  const name = String(template[1])
    .replaceAll(/[^\w]/g, '_')
    .replace(/^(?=\d)/, '_')
  if (names.has(name)) return undefined
  names.add(name)
  const text = `:${name}${segment.slice(template[0].length)}`
  return plainSegment.test(text) ? text : undefined
}

/**
 * The path in front of all paths of the document, from its `servers`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` unless all servers have the same one, without variables
 */
export function basePathOfServers(document: ReadonlyMap<string, unknown>): string {
  const servers = itemsOf(document.get('servers') ?? [{ url: '/' }], ['servers'])
  const paths = servers.map((server, index) => basePathOf(server, ['servers', index]))
  const [path = ''] = paths
  const other = paths.findIndex((one) => one !== path)
  if (other < 0) return path
  throw refusePlace(['servers', other, 'url'], 'has another path than the first server; write options.basePath instead')
}

function basePathOf(server: unknown, place: Place): string {
  const url = membersOf(server, place).get('url')
  const [whole, path = ''] = /^(?:[a-z][a-z\d+.-]*:)?(?:\/\/[^/?#]+)?(\/[^?#]*)?$/i.exec(String(url)) ?? []
  const base = path.replace(/\/$/, '')
  if (typeof url === 'string' && whole !== undefined && isBasePath(base)) return base
  throw refusePlace(
    [...place, 'url'],
    'has a path with variables or unusual characters; write options.basePath instead',
  )
}

/** Whether a text can stand in front of the paths: plain segments without a slash at the end. */
export function isBasePath(text: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~@&=,'-]+)*$/.test(text)
}
