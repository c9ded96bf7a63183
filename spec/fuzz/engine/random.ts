/** Numbers that one seed gives again and again. */
export interface Random {
  /** A whole number from 0 to `limit - 1`; 0 when the limit is below 1. */
  below(this: void, limit: number): number
  /** Whether something happens that happens once in `count` times. */
  once(this: void, count: number): boolean
  /** One of a list that is not empty. */
  pick<Item>(this: void, list: readonly Item[]): Item
}

/**
 * sfc32, started from a number and a name, so that each target has its own numbers.
 *
 * @see https://pracrand.sourceforge.net/RNG_engines.txt
 */
export function createRandom(seed: number, name: string): Random {
  let [a, b, c, counter] = [seed | 0, fold(name), (seed / 2 ** 32) | 0, 1]

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }

  for (let round = 0; round < 12; round += 1) next()
  const below = (limit: number): number => (limit < 1 ? 0 : Math.floor((next() / 2 ** 32) * limit))
  return {
    below,
    once: (count) => below(count) === 0,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
  }
}

/** FNV-1a. */
function fold(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}
