import type { ContenderName } from '../contenders.ts'
import type { ScenarioResult } from '../http/http-result.ts'
import type { Finding } from '../in-process/finding.ts'
import { medianOf } from './statistics.ts'
import { goals, type Goal, type Measured } from './goal-list.ts'
import { markdownTable } from './markdown.ts'

/** Every goal that was measured, with what was reached. */
export function goalTable(http: readonly ScenarioResult[], inProcess: readonly Finding[]): string {
  const measured = readMeasured(http, inProcess)
  return markdownTable(
    ['', 'what', 'goal', 'reached', ''],
    goals.flatMap((goal) => goalRow(goal, measured)),
  )
}

function goalRow(goal: Goal, measured: Measured): readonly (readonly string[])[] {
  const { id, what, limit, unit, valueOf } = goal
  const value = valueOf(measured)
  if (value === undefined || Number.isNaN(value)) return []
  const aim = limit === undefined ? '' : `${limit.kind === 'exactly' ? '' : 'at most '}${format(limit.value, unit)}`
  return [[id, what, aim, format(value, unit), verdict(value, goal)]]
}

/** Judges what is printed: differences below that are noise. */
function verdict(value: number, { unit, limit }: Goal): string {
  if (limit === undefined) return ''
  const printed = Number(value.toFixed(digitsOf(unit)))
  const isMet = limit.kind === 'exactly' ? printed === limit.value : printed <= limit.value
  return isMet ? 'yes' : 'NO'
}

const units: Readonly<Record<Goal['unit'], string>> = { x: 'x', us: ' µs', bytes: ' bytes', ms: ' ms', times: '' }

function format(value: number, unit: Goal['unit']): string {
  return `${value.toFixed(digitsOf(unit))}${units[unit]}`
}

function digitsOf(unit: Goal['unit']): number {
  return unit === 'times' || unit === 'bytes' ? 0 : 2
}

function readMeasured(http: readonly ScenarioResult[], inProcess: readonly Finding[]): Measured {
  const roundsOf = (scenario: string, contender: ContenderName): readonly number[] | undefined =>
    http
      .find((result) => result.scenario === scenario)
      ?.contenders.find((result) => result.contender === contender)
      ?.rounds.map((round) => round.cpuMicrosecondsPerRequest)
  return {
    found: (name) => inProcess.find((finding) => finding.name === name)?.value,
    cpuRatio: (scenario, contender, base) => {
      const own = roundsOf(scenario, contender)
      const others = roundsOf(scenario, base)
      if (own === undefined || others === undefined) return undefined
      return medianOf(own.map((cost, round) => cost / (others[round] ?? Number.NaN)))
    },
  }
}
