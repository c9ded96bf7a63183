import { createCampaign, type Failure, type Tally } from './campaign.ts'
import type { Target } from './target.ts'

/** How long and from where. */
export interface FuzzRun {
  readonly seed: number
  /** Over all targets; they share by weight. */
  readonly executions: number
  readonly milliseconds: number
  /** Called after each round. */
  readonly onRound?: (executions: number) => void
}

/** What came out. */
export interface FuzzResult {
  readonly tallies: readonly (Readonly<Tally> & { readonly name: string })[]
  /** The first one ends the run. */
  readonly failure: Failure | undefined
}

const executionsPerRound = 20_000
const roundsPerReplay = 5

/** Fuzzes all targets in turn until one of them fails, or the executions or the time are used up. */
export async function fuzz(targets: readonly Target[], run: FuzzRun): Promise<FuzzResult> {
  const end = performance.now() + run.milliseconds
  const isOver = (): boolean => performance.now() >= end
  const campaigns = targets.map((target) => createCampaign(target, run.seed))
  const weights = campaigns.reduce((sum, { weight }) => sum + weight, 0)
  let failure: Failure | undefined
  let done = 0
  for (let round = 1; failure === undefined && done < run.executions && !isOver(); round += 1) {
    const size = Math.min(executionsPerRound, run.executions - done)
    for (const campaign of campaigns) {
      const before = campaign.tally.executions
      failure = await campaign.run(Math.ceil((size * campaign.weight) / weights), isOver)
      done += campaign.tally.executions - before
      if (failure !== undefined) break
      if (round % roundsPerReplay === 0) failure = await campaign.replay()
      if (failure !== undefined) break
    }
    run.onRound?.(done)
  }
  for (const campaign of campaigns) {
    failure ??= await campaign.replay()
    campaign.close()
  }
  return { tallies: campaigns.map(({ name, tally }) => ({ name, ...tally })), failure }
}
