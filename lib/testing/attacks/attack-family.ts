import type { ErrorCode } from '../../foundation/error-codes.ts'

/** What may be said of one attack besides title, token and code. */
export interface AttackDetails {
  readonly cve?: string
  /** Headers besides `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default 401. */
  readonly status?: number
}

/** What is special about one attack, its token, and the code it must be refused with. */
export type AttackRow = readonly [title: string, token: string, code: ErrorCode, details?: AttackDetails]

/** Attacks that have a fault in common. */
export interface AttackFamily<Setup> {
  readonly family: string
  /** What an application that accepts them does wrong, in one sentence. */
  readonly reason: string
  /** The advisory that stands for all of them. */
  readonly cve?: string
  readonly rows: (setup: Setup) => readonly AttackRow[] | Promise<readonly AttackRow[]>
}

/** A table of things that are wrong, by what is wrong about them. */
export type Oddities = Readonly<Record<string, unknown>>

/** One row for every member of a table. */
export function rowsOf<Value>(
  table: Readonly<Record<string, Value>>,
  toRow: (title: string, value: Value) => AttackRow,
): AttackRow[] {
  return Object.entries(table).map(([title, value]) => toRow(title, value))
}
