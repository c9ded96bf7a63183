import type { Setting } from '../contender.ts'
import { contenders, type ContenderName } from '../contenders.ts'
import type { BenchWorld } from '../world/bench-world.ts'
import { startProcess } from './child-process.ts'
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

/** Starts the server of a contender, in its own setting unless another is given. */
export async function startContender(
  { name, setting = contenders[name].setting }: { readonly name: ContenderName; readonly setting?: Setting },
  { publicWorld: world, caFile }: Pick<BenchWorld, 'publicWorld' | 'caFile'>,
): Promise<ContenderServer> {
  const { ask, stop } = startProcess(new URL('server-process.ts', import.meta.url), { caFile })
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
