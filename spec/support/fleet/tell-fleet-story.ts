import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../../lib/foundation/clock.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../oauth-issuer.ts'
import { findRedis, startRedis, type RedisMemory, type RedisServer } from '../redis-server.ts'
import { sendRaw } from '../send-raw.ts'
import { startFleet, type FleetNode } from './start-fleet.ts'
import type { TokenFleetOptions } from './token-fleet.ts'

/** Why no fleet can be run here; for `skip`. */
export const missingRedis: string | undefined = (() => {
  const found = findRedis()
  return 'missing' in found ? found.missing : undefined
})()

/** A fleet of two processes over a Redis of its own, and the issuers that it trusts. */
export interface FleetStory {
  readonly redis: RedisServer
  readonly nodes: readonly [FleetNode, FleetNode]
  /** A token for `reports.read`, issued now, with an id of its own; of the issuer whose tokens may be used once: `once`. */
  token(this: void, issuer: 'login' | 'once', claims?: object): Promise<string>
  /** Starts one more process of the same kind. */
  another(this: void, startsUnready?: boolean): Promise<FleetNode>
  close(this: void): Promise<void>
}

/** Starts Redis, then both processes. */
export async function tellFleetStory(
  options: Omit<TokenFleetOptions, 'trustedIssuers'> = {},
  memory?: RedisMemory,
): Promise<FleetStory> {
  const found = findRedis()
  if ('missing' in found) throw new Error(found.missing)
  const redis = await startRedis(found.path, memory)
  const [login, once] = [issuerAt('https://login.example.com'), issuerAt('https://once.example.com')]
  const trustedIssuers: TokenFleetOptions['trustedIssuers'] = [
    { type: 'static', name: 'login', issuer: login.issuer, jwks: login.jwks() },
    { type: 'static', name: 'once', issuer: once.issuer, jwks: once.jwks(), singleUseTokens: true },
  ]
  const module = import.meta.resolve('./token-fleet.ts')
  const start = (nodes: number, startsUnready = false): Promise<readonly FleetNode[]> =>
    startFleet({ module, redisUrl: redis.url, nodes, startsUnready, data: { ...options, trustedIssuers } })
  const started: FleetNode[] = []
  const close = async (): Promise<void> => {
    await Promise.all(started.map((node) => node.close()))
    await redis.close()
  }
  try {
    started.push(...(await start(2)))
    // Tokens say to the second when they were issued: one of this second may be older than what Redis remembers.
    await wait(1000 - (Date.now() % 1000))
  } catch (error) {
    await close()
    throw error
  }
  let count = 0
  return {
    redis,
    nodes: [...started] as unknown as FleetStory['nodes'],
    token: (issuer, claims = {}) => {
      count += 1
      const jti = `token ${count} of this run`
      return { login, once }[issuer].token({ claims: { scope: 'reports.read', jti, ...claims } })
    },
    another: async (startsUnready) => {
      const [node] = await start(1, startsUnready)
      if (node === undefined) throw new Error('no process was started')
      started.push(node)
      return node
    },
    close,
  }
}

function issuerAt(issuer: string): OAuthIssuer {
  const audience = 'https://reports.example.com'
  return makeOAuthIssuer({ issuer, audience, clock: systemClock, algorithms: ['ES256'] })
}

/** What one process answers to a token. */
export async function askNode(node: FleetNode, token: string): Promise<{ status: number; body: string }> {
  return sendRaw(node, { headers: [['Authorization', `Bearer ${token}`]] })
}
