import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Setting } from '../contender.ts'
import { contenders, loadContender, type ContenderName } from '../contenders.ts'
import type { PublicWorld } from '../world/public-world.ts'
import { answerParent } from './answer-parent.ts'

interface StartQuestion {
  readonly type: 'start'
  readonly contender: ContenderName
  readonly setting: Setting
  readonly world: PublicWorld
}

/** What the process of one server can be asked. */
export type ServerQuestion = StartQuestion | { readonly type: 'usage' } | { readonly type: 'memory' }

/** What the process used so far, in microseconds, all of its threads together. */
export interface ServerUsage {
  readonly cpuMicroseconds: number
}

/** Bytes, after a full garbage collection. */
export interface ServerMemory {
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

answerParent((question: ServerQuestion) => {
  if (question.type === 'start') return start(question)
  return question.type === 'usage' ? readUsage() : readMemory()
})

/** Serves a contender on a free port of 127.0.0.1. */
async function start({ contender: name, setting, world }: StartQuestion): Promise<number> {
  const { overTls } = contenders[name]
  const { createApp } = await loadContender(name)
  const app = await createApp(world, setting)
  const server = overTls ? createHttpsServer(world.tls, app) : createHttpServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function readUsage(): ServerUsage {
  const { user, system } = process.cpuUsage()
  return { cpuMicroseconds: user + system }
}

function readMemory(): ServerMemory {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rssBytes: rss, heapUsedBytes: heapUsed }
}
