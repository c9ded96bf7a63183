import { z } from 'zod'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { UnavailableError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { S2SState, SuspensionStore } from './s2s-state.ts'

/** Options of `createMemoryState`. */
export interface MemoryStateOptions {
  /** Seconds since 1970. Default: the system clock. */
  readonly clock?: Clock
  /** How many used keys are remembered at once. Default 100000. Live ones are never forgotten for new ones. */
  readonly maximumKeys?: number
}

const memoryStateSchema = optionsObject({
  clock: z.custom((value) => typeof value === 'function', 'must be a function that gives seconds').optional(),
  maximumKeys: z.number().int().min(1).optional(),
})

/**
 * Creates the state of one process: what servers in it share when they are given the same one. Nothing survives the process;
 * keys that can have been used before it began (to the second) count as used.
 *
 * `useOnce` throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` when it is full of live keys.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createMemoryState(options: MemoryStateOptions = {}): S2SState {
  parseOptions(memoryStateSchema, options, 'options')
  const { clock = systemClock, maximumKeys = 100_000 } = options
  const state = { useOnce: createUsedKeys(clock, maximumKeys), suspensions: createMemorySuspensions(clock) }
  memoryStates.add(state)
  return state
}

const memoryStates = new WeakSet()

/** Whether a state is one of `createMemoryState`: no other process shares it. */
export function isMemoryState(state: S2SState): boolean {
  return memoryStates.has(state)
}

function createUsedKeys(clock: Clock, maximumKeys: number): S2SState['useOnce'] {
  const usedUntil = new Map<string, number>()
  const beganAt = Math.floor(clock())
  let sweepSize = 1000
  let sweptAt = -Infinity

  /** Now and then, so that each use pays for a few keys only; when it is full, at most once a second. */
  function sweep(now: number): void {
    const isFull = usedUntil.size >= maximumKeys
    if (isFull ? Math.abs(now - sweptAt) < 1 : usedUntil.size < sweepSize) return
    sweptAt = now
    for (const [key, until] of usedUntil) if (until <= now) usedUntil.delete(key)
    sweepSize = Math.max(1000, usedUntil.size * 2)
  }

  return function useOnce(key, untilSeconds, sinceSeconds = Infinity) {
    const now = clock()
    if (!(untilSeconds > now) || !(sinceSeconds >= beganAt) || (usedUntil.get(key) ?? 0) > now) return false
    sweep(now)
    if (usedUntil.size >= maximumKeys && !usedUntil.has(key)) {
      throw new UnavailableError('ERR_S2S_STATE_UNAVAILABLE', `${maximumKeys} used keys are remembered already`)
    }
    usedUntil.set(key, untilSeconds)
    return true
  }
}

function createMemorySuspensions(clock: Clock): SuspensionStore {
  const entries = new Map<string, { readonly entry: string; readonly until: number }>()
  let version = 0

  function prune(): void {
    const now = clock()
    for (const [id, { until }] of entries) if (until <= now) entries.delete(id)
  }

  return {
    put: (id, entry, until) => {
      prune()
      version += 1
      entries.set(id, { entry, until })
    },
    delete: (id) => {
      version += 1
      return entries.delete(id)
    },
    list: () => {
      prune()
      return new Map([...entries].map(([id, { entry }]) => [id, entry]))
    },
    version: () => version,
  }
}
