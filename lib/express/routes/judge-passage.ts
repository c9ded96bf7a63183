import type { GuardMark } from '../guard-marks.ts'
import type { JudgedEntry } from '../authorize-request.ts'
import { ruleName } from '../../permissions/rule-name.ts'
import type { PassedGuard } from './follow-request.ts'

/**
 * How it stands with a route: `guarded` by a rule, `public` by a rule, `unlisted` (behind a resource table that has no rule
 * for it, so that everybody is refused), `undetermined`, or `unguarded`.
 */
export type RouteStatus = 'unlisted' | 'guarded' | 'public' | 'undetermined' | 'unguarded'

/** What a request on its way to a route meets. */
export interface PassageStatement {
  readonly status: RouteStatus
  /** The rules that judge it, as they are written. */
  readonly rules: readonly string[]
  /** What could not be determined. */
  readonly reason?: string
}

const uncertain =
  'a guard stands at a path that cannot be determined, or in another router behind a function that may leave that router'
const preflight = "CORS preflights come by without a caller (preflight: 'pass')"

/** Asks the guards on the way of a request what they would ask for. The same tables decide at run time. */
export function judgePassage(guards: readonly PassedGuard[], method: string): PassageStatement {
  const judged = guards.map((guard) => judgeGuard(guard, method))
  const certain = judged.filter(({ status }) => status !== 'undetermined')
  const rules = [...new Set(certain.flatMap((statement) => statement.rules))]
  const status = (['unlisted', 'guarded', 'public'] as const).find((one) => certain.some((each) => each.status === one))
  const unknown = judged.find((statement) => statement.status === 'undetermined')
  if (status !== undefined) return { ...unknown, status, rules }
  return unknown ?? { status: 'unguarded', rules }
}

function judgeGuard(guard: PassedGuard, method: string): PassageStatement {
  const { mark, path } = guard
  const entries = entriesOf(mark, method, path)
  if (entries === undefined) return { status: 'unguarded', rules: [] }
  const reason = whyUndetermined(guard, method)
  if (reason !== undefined) return { status: 'undetermined', rules: [], reason }
  return { status: statusOf(entries), rules: entries.map(ruleName) }
}

function whyUndetermined({ mark, isCertain }: PassedGuard, method: string): string | undefined {
  if (!isCertain) return uncertain
  return mark.type === 'table' && mark.letsPreflightPass() && method === 'OPTIONS' ? preflight : undefined
}

function statusOf(entries: readonly JudgedEntry[]): RouteStatus {
  if (entries.length === 0) return 'unlisted'
  return entries.every(({ requirement }) => requirement.type === 'public') ? 'public' : 'guarded'
}

/** The entries that a guard holds against a request; `undefined` for what is no guard. */
export function entriesOf(mark: GuardMark, method: string, path: string): readonly JudgedEntry[] | undefined {
  if (mark.type === 'other') return undefined
  return mark.type === 'table' ? mark.table().find(method, path) : [mark.entry]
}

const severity: readonly RouteStatus[] = ['unlisted', 'guarded', 'public', 'undetermined', 'unguarded']

/** What holds of several requests to one route: the worst of each, and the rules of all. */
export function worstOf(statements: readonly PassageStatement[]): PassageStatement | undefined {
  const [worst] = [...statements].sort((a, b) => severity.indexOf(b.status) - severity.indexOf(a.status))
  return worst === undefined ? undefined : { ...worst, rules: [...new Set(statements.flatMap(({ rules }) => rules))] }
}
