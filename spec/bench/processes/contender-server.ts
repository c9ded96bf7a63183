import type { Setting } from '../contender.ts'
import { contenders, type ContenderName } from '../contenders.ts'
import type { BenchWorld } from '../world/bench-world.ts'
import { startProcess, type BenchProcess } from './child-process.ts'
import type { Target } from './raw-connection.ts'
import type { ServerMemory, ServerQuestion, ServerUsage } from './server-process.ts'

/** A contender that serves, in a process of its own. */
export interface ContenderServer {
  readonly name: ContenderName
  readonly target: Target
  usage(this: void): Promise<ServerUsage>
  memory(this: void): Promise<ServerMemory>
  stop(this: void): Promise<void>
}

/** Which contender is to serve. */
export interface ContenderStart {
  readonly name: ContenderName
  /** Default: its own. */
  readonly setting?: Setting
  /** Where it serves; the caller stops it. Default: a process of its own. What others do there counts for it, too. */
  readonly process?: BenchProcess
}

/** A process in which contenders can serve. */
export function startServerProcess({ caFile }: Pick<BenchWorld, 'caFile'>): BenchProcess {
  return startProcess(new URL('server-process.ts', import.meta.url), { caFile })
}

/** Starts the server of a contender. */
export async function startContender(
  { name, setting = contenders[name].setting, process }: ContenderStart,
  { publicWorld: world, caFile }: Pick<BenchWorld, 'publicWorld' | 'caFile'>,
): Promise<ContenderServer> {
  const { ask, stop } = process ?? startServerProcess({ caFile })
  const put = (question: ServerQuestion): Promise<unknown> => ask(question)
  const port = (await put({ type: 'start', contender: name, setting, world })) as number
  return {
    name,
    target: contenders[name].overTls ? { port, ca: world.ca } : { port },
    usage: async () => (await put({ type: 'usage' })) as ServerUsage,
    memory: async () => (await put({ type: 'memory' })) as ServerMemory,
    stop,
  }
}
