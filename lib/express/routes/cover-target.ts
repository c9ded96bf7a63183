import type { Request } from 'express'
import { samplePaths } from '../../permissions/sample-paths.ts'
import type { ResourceEntry } from '../../permissions/resource-table.ts'
import { guardMarkOf, type GuardMark } from '../guard-marks.ts'
import { followRequest, type PassedGuard } from './follow-request.ts'
import { entriesOf, judgePassage, worstOf, type PassageStatement } from './judge-passage.ts'
import { joinPaths, type PathsOf } from './layer-paths.ts'
import { askedMethods, type Target } from './list-targets.ts'
import type { RouterLayer } from './router-layer.ts'
import { narrowRequest, sampleRequests } from './sample-requests.ts'

/** The application whose routes are looked at, and what has been found out so far. */
export interface Survey {
  readonly layers: readonly RouterLayer[]
  readonly pathsOf: PathsOf
  /** The methods that rules name. */
  readonly methods: ReadonlySet<string>
  /** The rules that judge a request to some route. */
  readonly served: Set<object>
}

interface Asked {
  readonly method: string
  readonly path: string
}

/** How it stands with one target: the worst of all requests to it that are tried. */
export function coverTarget(target: Target, survey: Survey): PassageStatement {
  if (!target.isKnown) return coverUnknownPath(target)
  const statements = askedMethods(target, survey.methods).flatMap((method) => coverMethod(target, method, survey))
  const reason = 'no request was found that reaches it'
  return worstOf(statements) ?? { status: 'undetermined', rules: [], reason }
}

/** What requests meet at a route whose paths nobody can list: only its own guards are certain. */
function coverUnknownPath({ chain, method }: Target): PassageStatement {
  const handlers = chain.at(-1)?.route?.stack ?? []
  const own = handlers.flatMap(({ handle, method: only }): PassedGuard[] => {
    const mark = guardMarkOf(handle)
    const isRun = only === undefined || only.toUpperCase() === method
    return isRun && mark?.type === 'requirement' ? [{ mark, path: '', isCertain: true }] : []
  })
  if (own.length > 0) return judgePassage(own, method)
  return { status: 'undetermined', rules: [], reason: 'its path cannot be determined' }
}

/** Follows requests of each kind, and those to which they are narrowed down by the rules that they meet. */
function coverMethod(target: Target, method: string, survey: Survey): readonly PassageStatement[] {
  const asked = new Set(sampleRequests(target.path))
  const statements: PassageStatement[] = []
  for (const path of asked) {
    const guards = follow({ method, path }, target, survey)
    if (guards === undefined) continue
    statements.push(judgePassage(guards, method))
    for (const narrower of asked.size < maximumRequests ? narrowByRules({ method, path }, guards) : [])
      asked.add(narrower)
  }
  return statements
}

/** For one route and method: rules multiply where several guards stand behind one another. */
const maximumRequests = 2000

function follow(asked: Asked, target: Target, { layers, pathsOf, served }: Survey): readonly PassedGuard[] | undefined {
  const guards = followRequest(layers, { ...asked, pathsOf }, target.chain)
  for (const { mark, path } of guards ?? [])
    for (const entry of entriesOf(mark, asked.method, path) ?? []) served.add(entry)
  return guards
}

/** Requests for which other rules of the same tables might decide. */
function narrowByRules(asked: Asked, guards: readonly PassedGuard[]): readonly string[] {
  return guards.flatMap((guard) =>
    rulesFor(guard.mark, asked.method).flatMap((rule) => narrowRequest(asked.path, fullPath(rule, guard, asked))),
  )
}

function rulesFor(mark: GuardMark, method: string): readonly ResourceEntry<Request>[] {
  if (mark.type !== 'table') return []
  return mark.table().entries.filter((entry) => entry.method === 'ALL' || entry.method === method)
}

/** The path of a rule from the root of the application: in front of it stands what the mount of its guard took away. */
function fullPath(rule: ResourceEntry<Request>, guard: PassedGuard, { path }: Asked): string {
  const mount = path.endsWith(guard.path) ? path.slice(0, path.length - guard.path.length) : path
  return joinPaths(mount, rule.path)
}

/** Notes the rules for which a function mounted at a path of its own may be what they are for. */
export function noteRulesOfFunction(target: Target, survey: Survey): void {
  if (!target.isKnown || target.path === '/') return
  for (const path of samplePaths(target.path, target.path)) {
    const guards = followRequest(survey.layers, { method: 'GET', path, pathsOf: survey.pathsOf }, target.chain) ?? []
    const asked = [...survey.methods].flatMap((method) => requestsOfRules(guards, { method, path }))
    for (const request of asked) follow(request, target, survey)
  }
}

/** A request of each kind to each rule of the guards that a request came by. */
function requestsOfRules(guards: readonly PassedGuard[], { method, path }: Asked): readonly Asked[] {
  const rules = guards.flatMap((guard) =>
    rulesFor(guard.mark, method).map((rule) => fullPath(rule, guard, { method, path })),
  )
  return rules.flatMap((rule) => samplePaths(rule, rule).map((sample) => ({ method, path: sample })))
}
