import { medianOf, shuffled } from '../report/statistics.ts'

/** Something whose CPU time is measured: `run` does `operations` of it. */
export interface Candidate {
  readonly name: string
  readonly operations: number
  /** Before each round; not measured. */
  readonly prepare?: () => unknown
  readonly run: () => unknown
}

/** CPU microseconds per operation of each candidate, by name; one number a round, the same round for all. */
export type CpuRounds<Name extends string = string> = Readonly<Record<Name, readonly number[]>>

/** So often everything runs at least before it is measured: the compiler needs that. */
const warmUpOperations = 20_000

/** Measures the candidates in turn, each round in another order. All threads of this process count. */
export async function measureCpu<Name extends string>(
  candidates: readonly (Candidate & { readonly name: Name })[],
  rounds: number,
): Promise<CpuRounds<Name>> {
  const measured = new Map(candidates.map(({ name }): [Name, number[]] => [name, []]))
  const fewest = Math.min(...candidates.map(({ operations }) => operations))
  for (let round = -Math.ceil(warmUpOperations / fewest); round < rounds; round += 1) {
    for (const candidate of shuffled(candidates)) {
      const cost = await costOf(candidate)
      if (round >= 0) measured.get(candidate.name)?.push(cost)
    }
  }
  return Object.fromEntries(measured) as unknown as CpuRounds<Name>
}

async function costOf({ operations, prepare, run }: Candidate): Promise<number> {
  await prepare?.()
  const before = process.cpuUsage()
  const running = run()
  if (running instanceof Promise) await running
  const { user, system } = process.cpuUsage(before)
  return (user + system) / operations
}

/** Median of what `combine` makes of the values of one round. */
export function medianOfRounds<Name extends string>(
  rounds: CpuRounds<Name>,
  combine: (costs: Readonly<Record<Name, number>>) => number,
): number {
  const names = Object.keys(rounds) as Name[]
  const [first] = names
  const count = first === undefined ? 0 : rounds[first].length
  const perRound = Array.from({ length: count }, (_, index) =>
    combine(Object.fromEntries(names.map((name) => [name, rounds[name][index]])) as Record<Name, number>),
  )
  return medianOf(perRound)
}
