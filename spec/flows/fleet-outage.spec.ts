import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import type { FleetNode } from '../support/fleet/start-fleet.ts'
import { askNode, missingRedis, tellFleetStory, type FleetStory } from '../support/fleet/tell-fleet-story.ts'

/** What a caller does, and what it may get while Redis comes and goes. */
const callers = {
  'a token that may be used as often as one likes': { allowed: [200, 503], met: [200, 503] },
  // Refused in the second in which Redis lost what it knew: it may have been used before.
  'a new token that may be used once': { allowed: [200, 401, 503], met: [200, 503] },
  'a token that was used': { allowed: [401, 503], met: [401, 503] },
  'a token that is suspended': { allowed: [401, 503], met: [401] },
} as const
type CallerName = keyof typeof callers

/** How often each caller got each status. */
type Counts = Record<CallerName, Map<number, number>>

/** Sends everything to both processes, again and again, until it is stopped. */
function startLoad(
  { nodes, token }: FleetStory,
  tokens: { readonly suspended: string; readonly plain: string; readonly used: string[] },
) {
  const counts = Object.fromEntries(Object.keys(callers).map((name) => [name, new Map()])) as unknown as Counts
  let isOver = false
  async function ask(name: CallerName, node: FleetNode, given: string): Promise<number> {
    const { status } = await askNode(node, given)
    counts[name].set(status, (counts[name].get(status) ?? 0) + 1)
    return status
  }
  async function round(node: FleetNode, other: FleetNode): Promise<void> {
    const fresh = await token('once')
    if ((await ask('a new token that may be used once', node, fresh)) === 200) tokens.used.push(fresh)
    const used = tokens.used[Math.floor(Math.random() * tokens.used.length)] ?? ''
    await ask('a token that was used', other, used)
    await ask('a token that is suspended', node, tokens.suspended)
    await ask('a token that may be used as often as one likes', node, tokens.plain)
    await wait(5)
  }
  async function lane(node: FleetNode, other: FleetNode): Promise<void> {
    while (!isOver) await round(node, other)
  }
  const lanes = [lane(...nodes), lane(nodes[1], nodes[0])]
  return {
    counts,
    stop: async (): Promise<void> => {
      isOver = true
      await Promise.all(lanes)
    },
  }
}

/** Stops Redis and starts it again under load; counts every answer. */
async function endure(story: FleetStory, signals: readonly NodeJS.Signals[], context: TestContext): Promise<string> {
  const { redis, nodes, token } = story
  const suspended = await token('login', { client_id: 'suspended', sub: 'suspended' })
  const [plain, firstUsed] = [await token('login'), await token('once')]
  assert.equal((await askNode(nodes[0], firstUsed)).status, 200)
  await nodes[0].suspend({ application: 'suspended' })
  await eventually(async () => (await askNode(nodes[1], suspended)).status === 401, 'suspended everywhere')
  const load = startLoad(story, { suspended, plain, used: [firstUsed] })
  try {
    for (const signal of signals) {
      await wait(300)
      await redis.stop(signal)
      await eventually(async () => (await askNode(nodes[0], plain)).status === 503, 'refuses after stateStaleSeconds')
      await redis.start()
      for (const node of nodes) {
        await eventually(async () => (await askNode(node, await token('once'))).status === 200, 'serves again')
      }
    }
    await wait(300)
  } finally {
    await load.stop()
  }
  for (const [name, counts] of Object.entries(load.counts)) {
    const told = [...counts].sort().map(([status, count]) => `${count} times ${status}`)
    context.diagnostic(`${name}: ${told.join(', ')}`)
    const { allowed, met } = callers[name as CallerName]
    const wrong = [...counts.keys()].filter((status) => !(allowed as readonly number[]).includes(status))
    assert.deepEqual(wrong, [], name)
    for (const status of met) assert.ok(counts.has(status), `${name} never met ${status}`)
  }
  await assertToldOnce(nodes, signals.length)
  for (const node of nodes) assert.equal((await askNode(node, firstUsed)).status, 401)
  return suspended
}

/** One event for each loss and return of the state, and no more, however many were refused. */
async function assertToldOnce(nodes: readonly FleetNode[], outages: number): Promise<void> {
  for (const node of nodes) {
    const told = (await node.events('state.unavailable', 'state.recovered')).map(({ name }) => name)
    assert.deepEqual(told, Array.from({ length: outages }, () => ['state.unavailable', 'state.recovered']).flat())
  }
}

describe('a fleet whose Redis keeps nothing', { skip: missingRedis }, () => {
  it('accepts nothing wrongly when it is stopped, killed and started again under load', async (context) => {
    const story = await tellFleetStory({ stateStaleSeconds: 1 })
    try {
      const suspended = await endure(story, ['SIGTERM', 'SIGKILL'], context)
      const later = await story.another()
      assert.equal((await askNode(later, suspended)).status, 401, 'what Redis lost was put again')
      for (const node of story.nodes) {
        assert.notDeepEqual(await node.events('state.lost'), [])
      }
    } finally {
      await story.close()
    }
  })
})

describe('a fleet whose Redis keeps every write', { skip: missingRedis }, () => {
  let story: FleetStory
  let suspended: string
  before(async () => {
    story = await tellFleetStory({ stateStaleSeconds: 1 }, 'every-write')
  })
  after(() => story.close())

  it('accepts nothing wrongly when it is killed and started again under load', async (context) => {
    suspended = await endure(story, ['SIGKILL'], context)
  })

  it('has a process that starts while Redis is down refuse everybody, not ready, until Redis is there', async () => {
    const { redis, token, another } = story
    const plain = await token('login')
    await redis.stop('SIGTERM')
    const later = await another(true)
    for (const theirs of [plain, suspended]) assert.equal((await askNode(later, theirs)).status, 503)
    await assert.rejects(later.ready(), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
    assert.equal((await later.health()).ready, false)
    assert.equal(await later.handlerCalls(), 0)
    await redis.start()
    await eventually(async () => (await askNode(later, plain)).status === 200, 'it serves')
    assert.equal((await askNode(later, suspended)).status, 401)
    assert.equal((await later.health()).ready, true)
  })

  it('remembers suspensions and used tokens when Redis and all processes are started anew', async () => {
    const { redis, nodes, token, another } = story
    await eventually(async () => (await askNode(nodes[0], await token('once'))).status === 200, 'it is back')
    const [used, unused] = [await token('once'), await token('once')]
    assert.equal((await askNode(nodes[0], used)).status, 200)
    const known = await nodes[0].suspensions()
    await Promise.all(nodes.map((node) => node.close()))
    await redis.stop('SIGKILL')
    await redis.start()
    const later = await another()
    assert.equal((await askNode(later, suspended)).status, 401)
    assert.deepEqual(await later.suspensions(), known)
    assert.equal((await askNode(later, used)).status, 401)
    assert.equal((await askNode(later, unused)).status, 200, 'nothing was lost, so nothing older is refused')
  })
})
