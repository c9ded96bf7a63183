import { startProcess } from './child-process.ts'
import type { LoadQuestion, LoadResult } from './load-process.ts'

/** Sends bursts of requests from a process of its own. */
export interface LoadGenerator {
  send(this: void, load: LoadQuestion): Promise<LoadResult>
  stop(this: void): Promise<void>
}

/** Starts a load generator. */
export function startLoadGenerator(): LoadGenerator {
  const { ask, stop } = startProcess(new URL('load-process.ts', import.meta.url))
  return { send: async (load) => (await ask(load)) as LoadResult, stop }
}
