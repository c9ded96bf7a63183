/**
 * The name that was probably meant: equal but for letter case, or at most two edits (one, for short names) away.
 *
 * A help for messages only; nothing is ever accepted because of it.
 */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const wanted = written.slice(0, 64).toLowerCase()
  let nearest: string | undefined
  let shortest = wanted.length < 6 ? 1 : 2
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase())
    if (distance < shortest || (distance === shortest && nearest === undefined)) {
      nearest = name
      shortest = distance
    }
  }
  return nearest
}

/** Levenshtein distance, with a swap of two neighbours as one edit. */
function editDistance(left: string, right: string): number {
  let beforePrevious: readonly number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      current[column] = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
        swapped ? at(beforePrevious, column - 2) + 1 : Infinity,
      )
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, right.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] as number
}
