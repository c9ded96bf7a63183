/** Narrows down which paths of a list could match a request path; never leaves out one that does. */
export interface PathIndex {
  /** Positions in the list, in ascending order. */
  readonly candidates: (path: string) => readonly number[]
}

/** Paths with the same number of segments and fixed text in the same of them. */
interface Shape {
  readonly fixedSegments: readonly number[]
  readonly positions: Map<string, number[]>
}

const fixedSegment = /^[\w.~-]*$/
const parameterSegment = /^:[A-Za-z_]\w*$/

/**
 * Sorts paths by their fixed segments, in lower case. Only paths all of whose segments are either plain ASCII text or one
 * parameter are sorted; whatever else there is, is a candidate always.
 *
 * Does not match: the matchers made by Express do.
 */
export function createPathIndex(paths: readonly string[]): PathIndex {
  const shapes = new Map<number, Map<string, Shape>>()
  const always: number[] = []

  for (const [position, path] of paths.entries()) {
    const segments = segmentsOf(path)
    if (!segments.every((segment) => fixedSegment.test(segment) || parameterSegment.test(segment))) {
      always.push(position)
      continue
    }
    const fixedSegments = [...segments.keys()].filter((index) => segments[index]?.startsWith(':') === false)
    const ofLength = shapes.get(segments.length) ?? new Map<string, Shape>()
    shapes.set(segments.length, ofLength)
    const shape = ofLength.get(fixedSegments.join()) ?? { fixedSegments, positions: new Map<string, number[]>() }
    ofLength.set(fixedSegments.join(), shape)
    const key = keyOf(segments, shape)
    shape.positions.set(key, [...(shape.positions.get(key) ?? []), position])
  }

  return {
    candidates: (path) => {
      const segments = segmentsOf(path)
      const found = [...always]
      for (const shape of shapes.get(segments.length)?.values() ?? []) {
        const positions = shape.positions.get(keyOf(segments, shape))
        if (positions !== undefined) found.push(...positions)
      }
      return found.sort((a, b) => a - b)
    },
  }
}

/** The segments of a path in lower case; one slash at the end makes no difference. */
function segmentsOf(path: string): readonly string[] {
  return path
    .toLowerCase()
    .slice(1, path.length > 1 && path.endsWith('/') ? -1 : undefined)
    .split('/')
}

function keyOf(segments: readonly string[], { fixedSegments }: Shape): string {
  return fixedSegments.map((index) => segments[index]).join('/')
}
