import { parseArgs } from 'node:util'
import type { Effort } from './http/run-scenario.ts'

/** What the command line asks for. */
export interface BenchOptions {
  readonly isQuick: boolean
  readonly effort: Effort
  /** Only scenarios and in-process topics whose name has this text. */
  readonly scenario: string | undefined
  /** Where the full result goes as JSON. */
  readonly json: string | undefined
}

/** What the command understands. */
export const usage = `npm run bench -- [options]
  --quick            fewer requests and rounds: under two minutes, for a first look
  --scenario TEXT    only what has this text in its name
  --rounds NUMBER    how many rounds (default 7, quick 3); the median counts
  --json FILE        write everything that was measured to a file
  --help             this text`

const full: Effort = { rounds: 7, requests: 3000, warmUpRequests: 6000, connections: 8 }
const quick: Effort = { rounds: 3, requests: 400, warmUpRequests: 2500, connections: 8 }

/** Reads the command line; `undefined` when help is asked for. Throws for anything it does not know. */
export function readBenchOptions(given: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...given],
    options: {
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string' },
      rounds: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const effort = values.quick ? quick : full
  return {
    isQuick: values.quick,
    effort: values.rounds === undefined ? effort : { ...effort, rounds: parseRounds(values.rounds) },
    scenario: values.scenario,
    json: values.json,
  }
}

function parseRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  throw new Error('--rounds must be a whole number above 0')
}
