import { createClient, type RedisClientType } from 'redis'
import { findProgram, startProgram, type RunningProgram } from './local-program.ts'

/** What a Redis of this run keeps when it ends: nothing, or every write. */
export type RedisMemory = 'nothing' | 'every-write'

/** A Redis server of this run, on a free port of this machine. */
export interface RedisServer extends Omit<RunningProgram, 'ports' | 'folder'> {
  readonly url: string
}

/** Where redis-server is, or why it cannot be run here. */
export function findRedis(): ReturnType<typeof findProgram> {
  return findProgram('redis-server')
}

/** Starts Redis as the current user. */
export async function startRedis(program: string, memory: RedisMemory = 'nothing'): Promise<RedisServer> {
  const { ports, ...server } = await startProgram({
    name: 'redis',
    prepare: ({ folder, ports: [port = 0] }) => {
      const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
      const kept = ['--save', '', '--appendonly', memory === 'every-write' ? 'yes' : 'no']
      return Promise.resolve([program, ...place, ...kept, '--daemonize', 'no', '--loglevel', 'warning'])
    },
  })
  return { ...server, url: `redis://127.0.0.1:${ports[0] ?? 0}` }
}

/** A client as an application makes it: it connects again by itself, quickly. */
export function createRedisClient(url: string): RedisClientType {
  const client = createClient({ url, socket: { reconnectStrategy: 50 } })
  // Without a listener node-redis ends the process when the connection is lost.
  client.on('error', () => undefined)
  return client
}
