/** Narrows down which paths of a list could match a request path; never leaves out one that does. */
export interface PathIndex {
  /** Positions in the list, in ascending order. */
  readonly candidates: (path: string) => readonly number[]
}

/** What the paths that begin with the same segments have in common. */
interface Branch {
  readonly fixed: Map<string, Branch>
  variable: Branch | undefined
  /** The paths that end here. */
  readonly positions: number[]
}

/** A path of any other syntax, and the fixed text with which whatever it matches begins. */
interface PrefixedPath {
  readonly position: number
  readonly prefix: string
}

const fixedSegment = /^[\w.~@&=,'-]*$/
const variableSegment = /^[\w.~@&=,'-]*:[A-Za-z_]\w*[\w.~@&=,'-]*$/
const knownSyntax = /^[\w.~@&=,'/:*{}-]*$/
const fixedText = /^[\w.~@&=,'/-]*/

/**
 * Sorts paths into a tree of segments, in lower case. Only paths all of whose segments are either plain ASCII text or have
 * one parameter are sorted so; the others are told apart by the text they begin with, if it can be told.
 *
 * Does not match: the matchers made by Express do.
 */
export function createPathIndex(paths: readonly string[]): PathIndex {
  const root = createBranch()
  const others: PrefixedPath[] = []
  for (const [position, path] of paths.entries()) {
    const segments = segmentsOf(path.toLowerCase())
    if (segments.every((segment) => fixedSegment.test(segment) || variableSegment.test(segment))) {
      branchOf(root, segments).positions.push(position)
    } else {
      others.push({ position, prefix: prefixOf(path) })
    }
  }

  return {
    candidates: function candidates(path) {
      const folded = path.toLowerCase()
      const found: number[] = []
      collect(root, { path: folded, end: endOf(folded), found }, 1)
      for (const { position, prefix } of others) if (folded.startsWith(prefix)) found.push(position)
      return found.length > 1 ? found.sort((a, b) => a - b) : found
    },
  }
}

function createBranch(): Branch {
  return { fixed: new Map(), variable: undefined, positions: [] }
}

/** The branch at which a path ends; grown where it does not exist yet. */
function branchOf(root: Branch, segments: readonly string[]): Branch {
  let branch = root
  for (const segment of segments) {
    if (segment.includes(':')) {
      branch = branch.variable ??= createBranch()
    } else {
      const next = branch.fixed.get(segment) ?? createBranch()
      branch.fixed.set(segment, next)
      branch = next
    }
  }
  return branch
}

interface Search {
  readonly path: string
  /** Where the path ends, without slashes at the end. */
  readonly end: number
  readonly found: number[]
}

/** Goes on at the segment that begins at `start`. Visits no branch twice, so the work is bounded by the tree. */
function collect(branch: Branch, search: Search, start: number): void {
  const { path, end, found } = search
  if (start > Math.max(end, 1)) {
    for (const position of branch.positions) found.push(position)
    return
  }
  const slash = path.indexOf('/', start)
  const segmentEnd = slash === -1 || slash > end ? Math.max(end, 1) : slash
  const fixed = branch.fixed.get(path.slice(start, segmentEnd))
  if (fixed !== undefined) collect(fixed, search, segmentEnd + 1)
  if (branch.variable !== undefined) collect(branch.variable, search, segmentEnd + 1)
}

/** In lower case, without slashes at the end: a router may do without them. */
function prefixOf(path: string): string {
  const text = knownSyntax.test(path) ? (fixedText.exec(path)?.[0] ?? '') : ''
  return text.toLowerCase().slice(0, endOf(text))
}

/** The segments of a path; slashes at the end make no difference. */
function segmentsOf(path: string): readonly string[] {
  return path.slice(1, endOf(path)).split('/')
}

function endOf(path: string): number {
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return end
}
