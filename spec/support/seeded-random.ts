import { randomInt } from 'node:crypto'
import { isFullRun, runSizeVariable } from './run-size.ts'

/** Random choices that come again with the same seed. */
export interface SeededRandom {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number
  /** True about `percent` times of 100. */
  happens(percent: number): boolean
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T
  bytes(length: number): Buffer
}

const seedVariable = 'PASSPORT_S2S_SPEC_SEED'

/** The seed of this run, from `PASSPORT_S2S_SPEC_SEED` or new; failures must name it. */
export const runSeed: number = Number(process.env[seedVariable] ?? randomInt(2 ** 31))

/** For the messages of failures: how to see the same choices again. */
export const howToRepeat: string = `${seedVariable}=${runSeed}${isFullRun ? ` ${runSizeVariable}=full` : ''} makes the same choices`

/** Makes the choices of one seed; `part` gives each part of a run choices of its own. (Mulberry32) */
export function createSeededRandom(seed: number, part: string): SeededRandom {
  let state = Buffer.from(part).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), seed | 0)

  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)

  return {
    below,
    happens: (percent) => below(100) < percent,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
