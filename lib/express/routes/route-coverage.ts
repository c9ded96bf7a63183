import type { RequestHandler } from 'express'
import { z } from 'zod'
import { ConfigurationError } from '../../foundation/errors.ts'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import { guardMarkOf, type GuardMark } from '../guard-marks.ts'
import { assertComplete, type CompleteOptions } from './assert-complete.ts'
import { coverTarget, noteRulesOfFunction, type Survey } from './cover-target.ts'
import { worstOf, type RouteStatus } from './judge-passage.ts'
import { createPathsOf } from './layer-paths.ts'
import { innerLayers, listTargets, type Target } from './list-targets.ts'
import { layersOf, type HandlerFunction, type RouterLayer } from './router-layer.ts'

/** One method and path of an application. */
export interface CoveredRoute {
  /** `GET /reports/:id`. */
  readonly name: string
  readonly method: string
  /** From the root of the application, as it is written; what could not be determined stands in parentheses. */
  readonly path: string
  /**
   * `guarded` by rules; `public` by rules, in some of its paths at least; `unlisted`: a resource table has no rule for it, and
   * refuses everybody; `unguarded`; or `undetermined`.
   */
  readonly status: RouteStatus
  /** The rules that decide about its paths and methods. */
  readonly rules: readonly string[]
  /** What could not be determined: why it is `undetermined`, or of a further guard whether it stands in front. */
  readonly reason?: string
}

/** A function in the routers of which nothing is known: it may hand requests on, answer them, or hold routes. */
export interface OpaqueFunction {
  /** `USE /files serveStatic`. */
  readonly name: string
  readonly path: string
  /** Whether a guard stands in front of it. */
  readonly isGuarded: boolean
}

/** Which rule guards which route. */
export interface RouteCoverage {
  /** In the order of the routers. */
  readonly routes: readonly CoveredRoute[]
  readonly functions: readonly OpaqueFunction[]
  /** Rules of the resource tables that judge no route. */
  readonly unservedRules: readonly string[]
  /**
   * For the start, or CI: throws unless every route has a rule, every rule a route, and every other function a guard in front
   * of it.
   *
   * @throws ConfigurationError `ERR_S2S_ROUTES_UNCOVERED`, which lists what is not; `ERR_S2S_OPTION_INVALID`
   */
  assertComplete(this: void, options?: CompleteOptions): void
}

/** Options of `coverage`. */
export interface CoverageOptions {
  /**
   * Where routers are mounted, for Express 5 with a `router` package before 2.3, which does not keep it. Default: what
   * Express kept.
   */
  readonly mounts?: readonly (readonly [router: RequestHandler, path: string])[]
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const optionsSchema = optionsObject({
  mounts: z.array(z.tuple([z.custom(isFunction, 'must be a router'), z.string().startsWith('/')])).optional(),
})

/**
 * Lists the routes of an application as they are now, and what guards each. Sends no request and changes nothing; the resource
 * tables and the layers of Express themselves are asked.
 *
 * Does NOT see what functions do: that one rewrites `req.url` or `req.method`, answers by itself, or goes on after an error
 * handler. Guards within other functions count for nothing.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createRouteCoverage(application: RequestHandler, options: CoverageOptions = {}): RouteCoverage {
  parseOptions<unknown>(optionsSchema, options, 'options')
  const layers = isFunction(application) ? layersOf(application) : undefined
  if (layers === undefined) {
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', 'coverage(app) needs the Express application, or a router')
  }
  const pathsOf = createPathsOf(new Map<HandlerFunction, string>(options.mounts))
  const entries = marksIn(layers).flatMap((mark) => (mark.type === 'table' ? mark.table().entries : []))
  const methods = new Set(entries.map(({ method }) => method))
  const survey: Survey = { layers, pathsOf, methods, served: new Set() }
  const targets = listTargets(layers, pathsOf)
  const routes = coverRoutes(targets, survey)
  const functions = coverFunctions(targets, survey)
  const unserved = entries.filter((entry) => !survey.served.has(entry)).map(({ name }) => name)
  const found = { routes, functions, unservedRules: Object.freeze([...new Set(unserved)]) }
  return Object.freeze({
    ...found,
    assertComplete: (complete?: CompleteOptions) => {
      assertComplete(found, complete)
    },
  })
}

function coverRoutes(targets: readonly Target[], survey: Survey): readonly CoveredRoute[] {
  const byName = new Map<string, CoveredRoute>()
  for (const target of targets.filter(({ type }) => type === 'route')) {
    const { method, path } = target
    const name = `${method} ${path}`
    const statement = coverTarget(target, survey)
    const worst = worstOf([...(byName.get(name) === undefined ? [] : [byName.get(name) as CoveredRoute]), statement])
    byName.set(name, Object.freeze({ ...(worst ?? statement), name, method, path }))
  }
  return Object.freeze([...byName.values()])
}

function coverFunctions(targets: readonly Target[], survey: Survey): readonly OpaqueFunction[] {
  const byName = new Map<string, OpaqueFunction>()
  for (const target of targets.filter(({ type }) => type === 'function')) {
    const name = `USE ${target.path} ${target.name ?? ''}`
    const { status } = coverTarget(target, { ...survey, served: new Set() })
    noteRulesOfFunction(target, survey)
    const isGuarded = status !== 'unguarded' && status !== 'undetermined' && byName.get(name)?.isGuarded !== false
    byName.set(name, Object.freeze({ name, path: target.path, isGuarded }))
  }
  return Object.freeze([...byName.values()])
}

/** Everything of ours in the routers. */
function marksIn(
  layers: readonly RouterLayer[],
  seen: Set<RouterLayer> = new Set<RouterLayer>(),
): readonly GuardMark[] {
  const marks = layers.flatMap((layer) => {
    if (seen.has(layer)) return []
    seen.add(layer)
    const inner = layer.route === undefined ? innerLayers(layer.handle) : undefined
    if (inner !== undefined) return marksIn(inner, seen)
    const handles = layer.route?.stack.map(({ handle }) => handle) ?? [layer.handle]
    return handles.flatMap((handle) => guardMarkOf(handle) ?? [])
  })
  return [...new Set(marks)]
}
