import { isInstalled, type ContenderName } from '../contenders.ts'
import { startContender, type ContenderServer } from '../processes/contender-server.ts'
import { startLoadGenerator, type LoadGenerator } from '../processes/load-generator.ts'
import { medianOf } from '../report/statistics.ts'
import type { BenchWorld } from '../world/bench-world.ts'
import { createTokenMaker } from '../world/make-tokens.ts'
import type { ContenderResult, RoundResult, ScenarioResult } from './http-result.ts'
import { runScenario, type Effort, type ScenarioRounds } from './run-scenario.ts'
import { scenarioGroups, type Scenario, type ScenarioGroup } from './scenarios.ts'

/** What is to be run. */
export interface HttpRun {
  readonly effort: Effort
  readonly isWanted: (scenario: Scenario) => boolean
  readonly say: (text: string) => void
}

/** Runs the wanted scenarios; every group of them on fresh server processes. */
export async function runHttp(world: BenchWorld, run: HttpRun): Promise<readonly ScenarioResult[]> {
  const load = startLoadGenerator()
  const results: ScenarioResult[] = []
  try {
    for (const group of scenarioGroups) {
      const wanted = group.filter(run.isWanted).map(onlyInstalled)
      if (wanted.length > 0) results.push(...(await runGroup(wanted, { world, load, run })))
    }
  } finally {
    await load.stop()
  }
  return results
}

interface GroupSurroundings {
  readonly world: BenchWorld
  readonly load: LoadGenerator
  readonly run: HttpRun
}

async function runGroup(
  group: ScenarioGroup,
  { world, load, run }: GroupSurroundings,
): Promise<readonly ScenarioResult[]> {
  const makeTokens = createTokenMaker(world)
  const names = [...new Set(group.flatMap((scenario) => scenario.contenders))]
  const starting = await Promise.allSettled(names.map((name) => startContender({ name }, world)))
  const servers = starting.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  try {
    for (const start of starting) if (start.status === 'rejected') throw start.reason
    const warm = new Set<ContenderName>()
    const measured: (readonly [Scenario, ScenarioRounds])[] = []
    for (const scenario of group) {
      run.say(scenario.name)
      const taking = servers.filter(({ name }) => scenario.contenders.includes(name))
      const rounds = await runScenario(scenario, {
        servers: taking,
        load,
        makeTokens,
        effort: run.effort,
        warm,
      })
      measured.push([scenario, rounds])
    }
    const memory = await readMemory(servers)
    return measured.map(([scenario, rounds], index) =>
      summarise(scenario, rounds, index === measured.length - 1 ? memory : new Map()),
    )
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()))
  }
}

function onlyInstalled(scenario: Scenario): Scenario {
  return { ...scenario, contenders: scenario.contenders.filter(isInstalled) }
}

type Memory = Pick<ContenderResult, 'rssBytes' | 'heapUsedBytes'>

async function readMemory(servers: readonly ContenderServer[]): Promise<ReadonlyMap<ContenderName, Memory>> {
  return new Map(
    await Promise.all(
      servers.map(async ({ name, memory }): Promise<[ContenderName, Memory]> => [name, await memory()]),
    ),
  )
}

function summarise(
  scenario: Scenario,
  rounds: ScenarioRounds,
  memory: ReadonlyMap<ContenderName, Memory>,
): ScenarioResult {
  const [base] = scenario.contenders.map((name) => rounds.get(name) ?? [])
  return {
    scenario: scenario.name,
    contenders: scenario.contenders.map((contender) => {
      const own = rounds.get(contender) ?? []
      const ratio = (member: keyof RoundResult): number =>
        medianOf(own.map((round, index) => round[member] / (base?.[index]?.[member] ?? Number.NaN)))
      return {
        contender,
        rounds: own,
        ratios: {
          cpu: ratio('cpuMicrosecondsPerRequest'),
          requestsPerSecond: ratio('requestsPerSecond'),
          p99: ratio('p99Milliseconds'),
        },
        ...(memory.get(contender) ?? { rssBytes: Number.NaN, heapUsedBytes: Number.NaN }),
      }
    }),
  }
}
