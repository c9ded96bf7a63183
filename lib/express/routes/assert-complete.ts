import { z } from 'zod'
import { ConfigurationError } from '../../foundation/errors.ts'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import type { RouteStatus } from './judge-passage.ts'
import type { CoveredRoute, RouteCoverage } from './route-coverage.ts'

/** Options of `assertComplete`. */
export interface CompleteOptions {
  /**
   * What is meant to be as it is, by the name in the error message: `GET /health`, `USE / helmetMiddleware`,
   * `rule GET /old`. What is not uncovered may not be listed. Default: nothing.
   */
  readonly allow?: readonly string[]
}

const optionsSchema = optionsObject({ allow: z.array(z.string()).optional() })

/**
 * Throws unless everything is covered, or allowed by name.
 *
 * @throws ConfigurationError `ERR_S2S_ROUTES_UNCOVERED`, `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function assertComplete(coverage: Omit<RouteCoverage, 'assertComplete'>, options: CompleteOptions = {}): void {
  const { allow = [] } = parseOptions(optionsSchema, options, 'options')
  const uncovered = listUncovered(coverage)
  const stale = allow.find((name) => !uncovered.has(name))
  if (stale !== undefined) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `options.allow lists '${stale}', which is covered or does not exist; take it out`,
    )
  }
  for (const name of allow) uncovered.delete(name)
  if (uncovered.size === 0) return
  const lines = [...uncovered].map(([name, problem]) => `\n  ${name}: ${problem}`)
  throw new ConfigurationError(
    'ERR_S2S_ROUTES_UNCOVERED',
    `not covered; write rules or guards, or list by name in options.allow what is meant to be so:${lines.join('')}`,
  )
}

/** What is wrong with a route of each status; the other statuses are covered. */
const problems: Readonly<Partial<Record<RouteStatus, string>>> = {
  unguarded: 'no guard stands in front of it',
  unlisted: 'the resource table in front of it has no rule for it, and refuses everybody',
  undetermined: 'what guards it cannot be determined',
}

type Uncovered = readonly (readonly [name: string, problem: string])[]

function listUncovered(coverage: Omit<RouteCoverage, 'assertComplete'>): Map<string, string> {
  const functions = coverage.functions.filter(({ isGuarded }) => !isGuarded)
  const unknown = 'a function without a guard in front of it, which may hand requests on or answer them'
  return new Map([
    ...coverage.routes.flatMap(describeRoute),
    ...functions.map(({ name }) => [name, unknown] as const),
    ...coverage.unservedRules.map((name) => [`rule ${name}`, 'no route is served by it'] as const),
  ])
}

function describeRoute({ name, status, reason }: CoveredRoute): Uncovered {
  const problem = problems[status]
  if (problem === undefined) return []
  return [[name, status === 'undetermined' && reason !== undefined ? reason : problem]]
}
