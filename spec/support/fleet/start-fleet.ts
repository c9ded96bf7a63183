import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AuditEvent, AuditEventName, S2SHealth, SuspendOptions, Suspension } from 'passport-s2s'
import { eventually } from '../eventually.ts'
import type { AskNode, NodeMessage, NodeQuestion } from './fleet-module.ts'

/** One process of a fleet, serving https; `sendRaw` takes it for a server. */
export interface FleetNode {
  readonly name: string
  readonly url: string
  readonly port: number
  readonly ca: string
  suspend(this: void, subject: SuspendOptions): Promise<Suspension>
  resume(this: void, id: string): Promise<boolean>
  suspensions(this: void): Promise<readonly Suspension[]>
  ready(this: void): Promise<void>
  health(this: void): Promise<S2SHealth>
  /** All, or those of some names: thousands of them take their time from process to process. */
  events(this: void, ...names: readonly AuditEventName[]): Promise<readonly AuditEvent[]>
  /** How often a handler behind the guard ran. */
  handlerCalls(this: void): Promise<number>
  /** Ends the process, by its id. */
  close(this: void): Promise<void>
}

/** What runs in each process. */
export interface FleetOptions {
  /** `import.meta.resolve('./my-fleet.ts')` of a module that exports `createNode` (see `CreateNode`). */
  readonly module: string
  readonly redisUrl: string
  /** What `createNode` is told, in every process; plain data. */
  readonly data?: unknown
  /** How many processes. Default 2. */
  readonly nodes?: number
  /** Do not wait until each is ready: for a Redis that is not there yet. Default `false`. */
  readonly startsUnready?: boolean
}

/** Starts some processes at once, each a server of its own, over one Redis. */
export async function startFleet(options: FleetOptions): Promise<readonly FleetNode[]> {
  const names = Array.from({ length: options.nodes ?? 2 }, (_, index) => `node ${index + 1}`)
  const starts = await Promise.allSettled(names.map((name) => startNode(name, options)))
  const nodes = starts.filter((start) => start.status === 'fulfilled').map(({ value }) => value)
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed === undefined) return nodes
  await Promise.all(nodes.map((node) => node.close()))
  throw failed.reason
}

async function startNode(name: string, options: FleetOptions): Promise<FleetNode> {
  const { module, redisUrl, data = null, startsUnready = false } = options
  const child = fork(join(import.meta.dirname, 'fleet-node.ts'), [module, redisUrl, name, JSON.stringify(data)], {
    execArgv: ['--import', import.meta.resolve('tsx')],
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const { served, ask } = talkTo(child, name)
  const server = await served
  const node: FleetNode = {
    name,
    ...server,
    suspend: (subject) => ask('suspend', subject) as Promise<Suspension>,
    resume: (id) => ask('resume', id) as Promise<boolean>,
    suspensions: () => ask('suspensions') as Promise<readonly Suspension[]>,
    ready: () => ask('ready') as Promise<void>,
    health: () => ask('health') as Promise<S2SHealth>,
    events: (...names) => ask('events', names) as Promise<readonly AuditEvent[]>,
    handlerCalls: () => ask('handlerCalls') as Promise<number>,
    close: async () => {
      process.off('exit', kill)
      await endProcess(child)
    },
  }
  if (!startsUnready) await eventually(() => node.ready().then(() => true, () => false), `${name} is ready`) // prettier-ignore
  return node
}

type Server = Extract<NodeMessage, { serves: unknown }>['serves']

interface Talk {
  readonly served: Promise<Server>
  readonly ask: (question: NodeQuestion, argument?: unknown) => Promise<unknown>
}

function talkTo(child: ChildProcess, name: string): Talk {
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  let asked = 0
  const served = new Promise<Server>((resolve, reject) => {
    child.once('exit', (code) => {
      const error = new Error(`${name} has ended with ${String(code)}`)
      reject(error)
      for (const one of waiting.values()) one.reject(error)
    })
    child.on('message', (message: NodeMessage) => {
      if ('serves' in message) {
        resolve(message.serves)
        return
      }
      const one = waiting.get(message.id)
      waiting.delete(message.id)
      if ('answer' in message) one?.resolve(message.answer)
      else if ('failure' in message) one?.reject(Object.assign(new Error(message.failure.message), message.failure))
      else one?.resolve(undefined) // JSON has no undefined
    })
  })
  const ask = (question: NodeQuestion, argument?: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      asked += 1
      waiting.set(asked, { resolve, reject })
      child.send({ id: asked, question, argument } satisfies AskNode)
    })
  return { served, ask }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const stuck = setTimeout(() => child.kill('SIGKILL'), 5000)
  child.disconnect()
  await once(child, 'exit')
  clearTimeout(stuck)
}
