import { contenders, type ContenderName } from '../contenders.ts'
import type { ContenderServer } from '../processes/contender-server.ts'
import type { LoadGenerator } from '../processes/load-generator.ts'
import type { LoadResult } from '../processes/load-process.ts'
import { shuffled } from '../report/statistics.ts'
import type { MakeTokens } from '../world/make-tokens.ts'
import type { RoundResult } from './http-result.ts'
import type { Scenario } from './scenarios.ts'

/** How much is measured. */
export interface Effort {
  readonly rounds: number
  /** Per contender and round. */
  readonly requests: number
  /** Per contender, before the first round of new processes. */
  readonly warmUpRequests: number
  readonly connections: number
}

/** What a scenario needs. */
export interface ScenarioSurroundings {
  readonly servers: readonly ContenderServer[]
  readonly load: LoadGenerator
  readonly makeTokens: MakeTokens
  readonly effort: Effort
  /** Who has served before, in another scenario. */
  readonly warm: Set<ContenderName>
}

/** The rounds of each contender, in order. */
export type ScenarioRounds = ReadonlyMap<ContenderName, readonly RoundResult[]>

/** Warms every server up, then measures them in turn, each round in another order. */
export async function runScenario(scenario: Scenario, surroundings: ScenarioSurroundings): Promise<ScenarioRounds> {
  const { servers, warm } = surroundings
  const batches = await makeBatches(scenario, surroundings)
  const results = new Map(servers.map(({ name }): [ContenderName, RoundResult[]] => [name, []]))
  for (const [round, { tokens, requests }] of batches.entries()) {
    for (const server of shuffled(servers)) {
      const burst = round > 0 || !warm.has(server.name) ? requests : Math.min(requests, surroundings.effort.requests)
      const result = await measureRound(server, scenario, { ...surroundings, tokens, requests: burst })
      if (round > 0) results.get(server.name)?.push(result)
    }
  }
  for (const { name } of servers) warm.add(name)
  return results
}

interface Batch {
  readonly tokens: readonly string[]
  readonly requests: number
}

/** The requests of the warm-up and of each round; tokens are made before anything is measured. */
async function makeBatches(
  { tokens, variety, share = 1 }: Scenario,
  { makeTokens, effort, servers, warm }: ScenarioSurroundings,
): Promise<readonly Batch[]> {
  const requests = Math.ceil(effort.requests * share)
  const areWarm = servers.every(({ name }) => warm.has(name))
  const sizes = [areWarm ? requests : effort.warmUpRequests, ...Array.from({ length: effort.rounds }, () => requests)]
  if (variety === 'new') {
    return Promise.all(sizes.map(async (size) => ({ requests: size, tokens: await makeTokens(tokens, size) })))
  }
  const same = await makeTokens(tokens, variety)
  return sizes.map((size, round) => ({ requests: size, tokens: turned(same, round * requests) }))
}

/** The same tokens, beginning with another one: a round may be too short for all of them. */
function turned(tokens: readonly string[], by: number): readonly string[] {
  const start = by % tokens.length
  return [...tokens.slice(start), ...tokens.slice(0, start)]
}

interface Burst extends Batch, Pick<ScenarioSurroundings, 'load' | 'effort'> {}

async function measureRound(
  server: ContenderServer,
  scenario: Scenario,
  { load, effort, tokens, requests }: Burst,
): Promise<RoundResult> {
  await load.connect({ target: server.target, tokens, connections: effort.connections })
  const before = await server.usage()
  const result = await load.send(requests)
  const after = await server.usage()
  checkStatuses(result, server.name, scenario)
  return {
    cpuMicrosecondsPerRequest: (after.cpuMicroseconds - before.cpuMicroseconds) / requests,
    requestsPerSecond: (requests / result.elapsedMilliseconds) * 1000,
    p99Milliseconds: result.p99Milliseconds,
  }
}

/** A contender that answers something else does something else: its time would mean nothing. */
function checkStatuses({ statuses }: LoadResult, name: ContenderName, { name: scenario, status }: Scenario): void {
  const expected = contenders[name].judgesTokens ? String(status) : '200'
  const others = Object.keys(statuses).filter((code) => code !== expected)
  if (others.length === 0) return
  throw new Error(`${name} in "${scenario}": ${expected} for all was expected, not ${JSON.stringify(statuses)}`)
}
