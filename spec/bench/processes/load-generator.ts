import { startProcess } from './child-process.ts'
import type { LoadQuestion, LoadResult } from './load-process.ts'
import type { Target } from './raw-connection.ts'

/** Where requests go, and with what. */
export interface Load {
  readonly target: Target
  readonly connections: number
  readonly tokens: readonly string[]
}

/** Sends bursts of requests from a process of its own. */
export interface LoadGenerator {
  /** Opens the connections of the next burst. */
  connect(this: void, load: Load): Promise<void>
  /** Sends the burst and closes the connections. */
  send(this: void, requests: number): Promise<LoadResult>
  stop(this: void): Promise<void>
}

/** Starts a load generator. */
export function startLoadGenerator(): LoadGenerator {
  const { ask, stop } = startProcess(new URL('load-process.ts', import.meta.url))
  const put = (question: LoadQuestion): Promise<unknown> => ask(question)
  return {
    connect: async (load) => {
      await put({ type: 'connect', ...load })
    },
    send: async (requests) => (await put({ type: 'send', requests })) as LoadResult,
    stop,
  }
}
