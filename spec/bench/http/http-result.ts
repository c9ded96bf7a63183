import type { ContenderName } from '../contenders.ts'

/** What one round of one contender cost. */
export interface RoundResult {
  readonly cpuMicrosecondsPerRequest: number
  readonly requestsPerSecond: number
  readonly p99Milliseconds: number
}

/** What one contender cost in one scenario. */
export interface ContenderResult {
  readonly contender: ContenderName
  readonly rounds: readonly RoundResult[]
  /** Medians over the rounds, each divided by the first contender's of the same round. */
  readonly ratios: { readonly cpu: number; readonly requestsPerSecond: number; readonly p99: number }
  /** When all scenarios of the process are done, after a full garbage collection; `NaN` in the others. */
  readonly rssBytes: number
  readonly heapUsedBytes: number
}

/** What one scenario gave; the first contender is the measure of the others. */
export interface ScenarioResult {
  readonly scenario: string
  readonly contenders: readonly ContenderResult[]
}
