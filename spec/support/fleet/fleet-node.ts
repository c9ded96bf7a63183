import { createRedisState } from 'passport-s2s/redis'
import type { SuspendOptions } from 'passport-s2s'
import { startGuardedApp, type GuardedApp } from '../guarded-app.ts'
import { createRedisClient } from '../redis-server.ts'
import type { AskNode, CreateNode, NodeMessage, NodeQuestion } from './fleet-module.ts'

/** One process of a fleet: `fleet-node.ts <module> <address of Redis> <name> <data as JSON>`. See `startFleet`. */
const [module = '', redisUrl = '', name = '', data = 'null'] = process.argv.slice(2)
const tell = (message: NodeMessage): void => void process.send?.(message)
process.once('disconnect', () => process.exit())

// Not awaited: it resolves when Redis is there, and a server starts before that.
const client = createRedisClient(redisUrl)
client.connect().catch(() => undefined)

const { createNode } = (await import(module)) as { readonly createNode: CreateNode }
const app = await startGuardedApp(
  await createNode({ state: createRedisState(client), data: JSON.parse(data) as unknown, name }),
)

const answers: Readonly<Record<NodeQuestion, (app: GuardedApp, argument: unknown) => unknown>> = {
  suspend: ({ s2s }, subject) => s2s.suspend(subject as SuspendOptions),
  resume: ({ s2s }, id) => s2s.resume(id as string),
  suspensions: ({ s2s }) => s2s.suspensions(),
  ready: ({ s2s }) => s2s.ready(),
  health: ({ s2s }) => s2s.health(),
  events: ({ events }, names) =>
    events.filter(
      ({ name }) => (names as readonly string[]).length === 0 || (names as readonly string[]).includes(name),
    ),
  handlerCalls: (one) => one.handlerCalls(),
}

process.on('message', ({ id, question, argument }: AskNode) => {
  void (async () => {
    try {
      tell({ id, answer: await answers[question](app, argument) })
    } catch (error) {
      const { code = '', message } = error as Error & { readonly code?: string }
      tell({ id, failure: { code, message } })
    }
  })()
})

tell({ serves: { url: app.url, port: app.port, ca: app.ca } })
