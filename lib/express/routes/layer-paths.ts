import { ConfigurationError } from '../../foundation/errors.ts'
import { samplePaths } from '../../permissions/sample-paths.ts'
import { plainSegment } from '../../permissions/plain-segment.ts'
import { matchedNames, matchLayer } from './match-layer.ts'
import { readMountExpression } from './mount-expression.ts'
import type { HandlerFunction, RouterLayer } from './router-layer.ts'

/** Where routers and functions are mounted, as the developer says it, for versions of Express that do not keep it. */
export type Mounts = ReadonlyMap<HandlerFunction, string>

/** The paths at which a layer stands, as they were written; `undefined` when they cannot be told. */
export type PathsOf = (layer: RouterLayer) => readonly string[] | undefined

/**
 * Tells the paths at which layers stand, and remembers them. They cannot be told: a regular expression, syntax
 * of Express 4 that is more than text, parameters and `*`, or a mount that Express 5 did not keep (router before 2.3) and
 * that `mounts` does not tell.
 *
 * The returned function throws ConfigurationError `ERR_S2S_OPTION_INVALID` for a told mount at which the layer does not stand.
 */
export function createPathsOf(mounts: Mounts): PathsOf {
  const known = new Map<RouterLayer, readonly string[] | undefined>()
  return function pathsOf(layer) {
    if (!known.has(layer)) known.set(layer, layerPaths(layer, mounts))
    return known.get(layer)
  }
}

function layerPaths(layer: RouterLayer, mounts: Mounts): readonly string[] | undefined {
  const paths = writtenPaths(layer) ?? toldPath(layer, mounts)
  const isExpress4 = layer.regexp !== undefined
  return paths?.every((path): path is string => isSampled(path, isExpress4)) === true ? paths : undefined
}

function writtenPaths(layer: RouterLayer): readonly unknown[] | undefined {
  if (layer.route !== undefined) return listed(layer.route.path)
  if (layer.slash === true || layer.regexp?.fast_slash === true) return ['/']
  if (layer.regexp !== undefined) return readMountExpression(layer)
  return layer.rawPath === undefined ? undefined : listed(layer.rawPath)
}

function listed(path: unknown): readonly unknown[] {
  return Array.isArray(path) ? (path.flat(Infinity) as readonly unknown[]) : [path]
}

function toldPath(layer: RouterLayer, mounts: Mounts): readonly string[] | undefined {
  const told = mounts.get(layer.handle)
  if (told === undefined) return undefined
  const isThere = (sample: string): boolean => matchLayer(layer, sample) === sample && hasNames(layer, sample, told)
  if (!told.includes('(') && samplePaths(told, told).every(isThere)) return [told]
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `options.mounts: the router is not mounted at '${told}'; write the path as app.use() has it`,
  )
}

/** Whether the layer has a parameter for each that is told, and no other. */
function hasNames(layer: RouterLayer, sample: string, told: string): boolean {
  return (told.match(/[:*]/g) ?? []).length === matchedNames(layer, sample).length
}

/** Whether `samplePaths` knows what a path matches. */
function isSampled(path: unknown, isExpress4: boolean): path is string {
  if (typeof path !== 'string') return false
  if (isExpress4) return path.split('/').every((segment) => segment === '*' || plainSegment.test(segment))
  try {
    samplePaths(path, path)
    return true
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return false
  }
}

/** One path behind another, as a person would write it. */
export function joinPaths(base: string, path: string): string {
  const front = base.replace(/\/+$/, '')
  const back = path === '' || path.startsWith('/') ? path : `/${path}`
  return front !== '' && (back === '' || back === '/') ? front : `${front}${back === '' ? '/' : back}`
}
