import { inspect } from 'node:util'
import { fuzz, type FuzzResult } from './engine/fuzz.ts'
import { judge } from './engine/judge.ts'
import type { Target } from './engine/target.ts'
import { readFuzzOptions, usage, writeInput, type FuzzOptions } from './fuzz-options.ts'

/**
 * Does what the command line asks for, and says how it went.
 *
 * @returns the exit code: 1 when an invariant broke, 2 when it was called wrongly
 */
export async function runFuzz(
  given: readonly string[],
  all: readonly Target[],
  say: (text: string) => void,
): Promise<number> {
  let options: FuzzOptions
  try {
    options = readFuzzOptions(given)
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    return 2
  }
  const { target = '', input } = options
  const targets = all.filter(({ name }) => name.includes(target))
  if (targets.length === 0) {
    say(`no target has "${target}" in its name; there are ${all.map(({ name }) => name).join(', ')}\n${usage}`)
    return 2
  }
  return input === undefined ? fuzzAll(targets, options, say) : giveAgain(targets, input, say)
}

async function fuzzAll(targets: readonly Target[], options: FuzzOptions, say: (text: string) => void): Promise<number> {
  const start = performance.now()
  let told = start
  const result = await fuzz(targets, {
    ...options,
    onRound: (executions) => {
      if (performance.now() - told < 30_000) return
      told = performance.now()
      say(`${executions} executions after ${Math.round((told - start) / 1000)} s`)
    },
  })
  const seconds = Math.round((performance.now() - start) / 1000)
  say(`${tableOf(result)}\n${summaryOf(result, options, seconds)}`)
  return result.failure === undefined ? 0 : 1
}

type Count = 'executions' | 'accepted' | 'refused' | 'features' | 'replayed'

const columns: readonly Count[] = ['executions', 'accepted', 'refused', 'features', 'replayed']

function tableOf({ tallies }: FuzzResult): string {
  const rows = tallies.map((tally) => [
    tally.name,
    ...columns.map((column) => String(tally[column])),
    tally.longestMilliseconds.toFixed(1),
  ])
  const lines = [['target', ...columns, 'longest ms'], ...rows]
  return lines
    .map(([name = '', ...cells]) => name.padEnd(20) + cells.map((cell) => cell.padStart(12)).join(''))
    .join('\n')
}

function summaryOf({ tallies, failure }: FuzzResult, { seed }: FuzzOptions, seconds: number): string {
  const sum = (count: Count): number => tallies.reduce((total, tally) => total + tally[count], 0)
  const longest = Math.max(...tallies.map(({ longestMilliseconds }) => longestMilliseconds))
  const counts = `${sum('executions')} executions, ${sum('accepted')} accepted, ${sum('refused')} refused`
  const head = `fuzz: seed ${seed}, ${counts}, longest stall ${longest.toFixed(1)} ms, ${seconds} s`
  if (failure === undefined) return `${head}: nothing found`
  const { kind, what, target, input } = failure
  return [
    `${head}: FAILED`,
    `${kind} in ${target}: ${what}`,
    `input: ${writeInput(input)}`,
    `as JSON: ${JSON.stringify(input)}`,
    `again: npm run fuzz -- --target ${target} --input ${writeInput(input)}`,
  ].join('\n')
}

async function giveAgain(targets: readonly Target[], input: string, say: (text: string) => void): Promise<number> {
  let code = 0
  for (const { name, start } of targets) {
    const subject = start()
    const { answer, finding, milliseconds } = await judge(subject, input)
    subject.close?.()
    say(
      `${name} (${milliseconds.toFixed(2)} ms): ${finding === undefined ? 'nothing found' : `${finding.kind}: ${finding.what}`}`,
    )
    say(inspect(answer, { depth: 4 }))
    if (finding !== undefined) code = 1
  }
  return code
}
