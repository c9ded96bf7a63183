import { ConfigurationError } from '../foundation/errors.ts'
import { createPathIndex, type PathIndex } from './path-index.ts'
import type { RequestLike, ResourceRequirement } from './requirement-forms.ts'
import { parseRequirement, type Requirement } from './requirement.ts'
import { parseResourceName } from './resource-name.ts'
import { samplePaths } from './sample-paths.ts'

/** A compiled path. */
export interface PathMatcher {
  /** Without regard to letter case and a slash at the end. */
  matches(path: string): boolean
  /** With regard to letter case and a slash at the end. */
  matchesExactly(path: string): boolean
}

/** Compiles the path of an entry. @throws ConfigurationError that names the entry, for a path that cannot be matched */
export type PathCompiler = (path: string, entry: string) => PathMatcher

/** One line of the table. */
export interface ResourceEntry<Request = RequestLike> {
  /** As it was written: `GET /reports/:id`. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly requirement: Requirement<Request>
}

/** What each resource requires. */
export interface ResourceTable<Request = RequestLike> {
  readonly entries: readonly ResourceEntry<Request>[]
  /**
   * The entries that judge a request; all of them must allow it. None: the resource is not listed. The first matching
   * entry decides; when it matches only without regard to letter case or the slash at the end, a stricter router might
   * serve another entry's route, so every further matching entry up to the first that matches exactly must allow it too.
   * HEAD is judged as GET.
   */
  readonly find: (method: string, path: string) => readonly ResourceEntry<Request>[]
}

/** What the table needs from its surroundings. */
export interface ResourceTableParts {
  /** Made of the app's own Express, so that the table and the routers read paths alike. */
  readonly compilePath: PathCompiler
}

interface CompiledEntry<Request> {
  readonly entry: ResourceEntry<Request>
  readonly matcher: PathMatcher
}

/**
 * Makes the table of resources. The order of the entries counts.
 *
 * Does not decide (see `decide`), and does not refuse ambiguous spellings of paths: whoever calls `find` must.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN` for an empty table, an entry that cannot be
 * read or compiled, two equal entries, and an entry that an earlier one makes unreachable
 */
export function createResourceTable<Request = RequestLike>(
  resources: Readonly<Record<string, ResourceRequirement<Request>>>,
  { compilePath }: ResourceTableParts,
): ResourceTable<Request> {
  const compiled = namedRequirements(resources).map(([name, value]): CompiledEntry<Request> => {
    const { method, path } = parseResourceName(name)
    const requirement = parseRequirement(value, `resources['${name}']`)
    return { entry: Object.freeze({ name, method, path, requirement }), matcher: compilePath(path, name) }
  })
  refuseEqualEntries(compiled)
  const index = createPathIndex(compiled.map(({ entry }) => entry.path))
  refuseUnreachableEntries(compiled, index)

  function find(method: string, path: string): readonly ResourceEntry<Request>[] {
    const judgedMethod = method === 'HEAD' ? 'GET' : method
    const found: ResourceEntry<Request>[] = []
    const candidates = index.candidates(path)
    const last = candidates.at(-1)
    for (const position of candidates) {
      const candidate = compiled[position]
      if (candidate === undefined || !serves(candidate.entry, judgedMethod) || !candidate.matcher.matches(path))
        continue
      found.push(candidate.entry)
      if (position === last || candidate.matcher.matchesExactly(path)) break
    }
    return found
  }

  return { entries: Object.freeze(compiled.map(({ entry }) => entry)), find }
}

function namedRequirements<Value>(resources: Readonly<Record<string, Value>>): readonly [string, Value][] {
  const given: unknown = resources
  const isTable = typeof given === 'object' && given !== null && !Array.isArray(given)
  const named = isTable ? Object.entries(resources) : []
  if (named.length > 0) return named
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `resources ${isTable ? 'is empty' : 'must be an object'}; write what each resource requires: { 'GET /reports/:id': 'reports.read' }`,
  )
}

function serves(entry: { readonly method: string }, method: string): boolean {
  return entry.method === method || entry.method === 'ALL'
}

function refuseEqualEntries(compiled: readonly CompiledEntry<never>[]): void {
  const seen = new Map<string, string>()
  for (const { entry } of compiled) {
    const key = `${entry.method} ${foldPath(entry.path)}`
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        `resources['${entry.name}'] is the same resource as '${earlier}': letter case, a slash at the end and names of parameters make no difference; remove one of them`,
      )
    }
    seen.set(key, entry.name)
  }
}

/** Equal for paths that differ only in letter case, a slash at the end and the names of parameters and wildcards. */
function foldPath(path: string): string {
  const folded = path.toLowerCase().replace(/(\\.)|([:*])(?:"[^"]*"|[\p{ID_Start}$_][\p{ID_Continue}$]*)/gu, '$1$2')
  return folded.replace(/\/$/, '')
}

function refuseUnreachableEntries(compiled: readonly CompiledEntry<never>[], index: PathIndex): void {
  for (const [position, { entry }] of compiled.entries()) {
    const samples = samplePaths(entry.path, entry.name)
    const blocker = index
      .candidates(samples[0] ?? '/')
      .filter((candidate) => candidate < position)
      .flatMap((candidate) => compiled[candidate] ?? [])
      .find((earlier) => serves(earlier.entry, entry.method) && samples.every((path) => earlier.matcher.matches(path)))
    if (blocker === undefined) continue
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `resources['${entry.name}'] can never be reached: '${blocker.entry.name}' comes before it and matches everything it matches; write it before '${blocker.entry.name}'`,
    )
  }
}
