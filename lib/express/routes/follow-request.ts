import { guardMarkOf, type GuardMark } from '../guard-marks.ts'
import type { PathsOf } from './layer-paths.ts'
import { innerLayers, isUnknown } from './list-targets.ts'
import { pathBehind } from './match-layer.ts'
import { handlesMethod, type LayerRoute, type RouterLayer } from './router-layer.ts'

/** A guard that a request comes by. */
export interface PassedGuard {
  readonly mark: GuardMark
  /** The path that it judges: what its mount leaves. */
  readonly path: string
  /** Whether every request to the same route comes by it, as far as is known. */
  readonly isCertain: boolean
}

/** A request on its way through the routers. */
interface Way {
  readonly method: string
  readonly pathsOf: PathsOf
  readonly guards: PassedGuard[]
}

interface At {
  readonly path: string
  readonly isCertain: boolean
}

/**
 * Follows a request through the layers of an application up to one of them, as Express would if every function in front
 * handed it on. Gives the guards it comes by; `undefined` when it does not get there.
 *
 * Functions may answer the request themselves, which is no matter here, or leave a route or router by `next('route')` and
 * `next('router')`: a guard behind such a function is certain only where that would leave the target too. That a function rewrites
 * `req.url` or `req.method` is not seen.
 */
export function followRequest(
  layers: readonly RouterLayer[],
  request: { readonly method: string; readonly path: string; readonly pathsOf: PathsOf },
  chain: readonly RouterLayer[],
): readonly PassedGuard[] | undefined {
  const way: Way = { method: request.method, pathsOf: request.pathsOf, guards: [] }
  return reach(layers, { path: request.path, isCertain: true }, { chain, way }) ? way.guards : undefined
}

interface Search {
  readonly chain: readonly RouterLayer[]
  readonly way: Way
}

function reach(layers: readonly RouterLayer[], at: At, { chain, way }: Search): boolean {
  const [target, ...further] = chain
  if (target === undefined) return true
  for (const layer of layers.slice(0, layers.indexOf(target)).filter(holdsGuards)) {
    const behind = enter(layer, at, way)
    if (behind !== undefined) passLayer(layer, behind, way)
  }
  const behind = enter(target, at, way)
  if (behind === undefined) return false
  if (target.route !== undefined) return reachHandler(target.route, behind, way)
  return reach(innerLayers(target.handle) ?? [], behind, { chain: further, way })
}

/** Whether it is worth looking whether the request comes by a layer. */
function holdsGuards({ route, handle }: RouterLayer): boolean {
  if (route !== undefined) return route.stack.some((handler) => guardMarkOf(handler.handle) !== undefined)
  return guardMarkOf(handle) !== undefined || innerLayers(handle) !== undefined
}

/** A route's own guards count when they stand in front of its last handler. */
function reachHandler({ stack }: LayerRoute, at: At, way: Way): boolean {
  const handlers = stack.filter((handler) => handlesMethod(handler, way.method))
  const last = handlers.findLastIndex(({ handle }) => isUnknown(handle))
  for (const { handle } of handlers.slice(0, last)) passFunction(handle, at, way)
  return last >= 0
}

function enter(layer: RouterLayer, at: At, { pathsOf }: Way): At | undefined {
  const behind = pathBehind(layer, at.path)
  if (behind === undefined) return undefined
  const path = layer.route === undefined ? behind : at.path
  return { path, isCertain: at.isCertain && pathsOf(layer) !== undefined }
}

/** Comes by a layer that is not the target; `false` when a function was there that may leave the router. */
function passLayer(layer: RouterLayer, at: At, way: Way): boolean {
  if (layer.route !== undefined) return passRoute(layer.route, at, way)
  const inner = innerLayers(layer.handle)
  if (inner === undefined) return passFunction(layer.handle, at, way)
  let isCertain = at.isCertain
  for (const one of inner) {
    const behind = enter(one, { path: at.path, isCertain }, way)
    if (behind !== undefined && !passLayer(one, behind, way)) isCertain = false
  }
  return true
}

function passRoute({ stack }: LayerRoute, at: At, way: Way): boolean {
  const handlers = stack.filter((handler) => handlesMethod(handler, way.method))
  let isCertain = at.isCertain
  for (const { handle } of handlers) isCertain = passFunction(handle, { path: at.path, isCertain }, way) && isCertain
  return isCertain
}

/** `false` for a function of which nothing is known. */
function passFunction(handle: RouterLayer['handle'], { path, isCertain }: At, { guards }: Way): boolean {
  const mark = guardMarkOf(handle)
  if (mark !== undefined) guards.push({ mark, path, isCertain })
  return !isUnknown(handle)
}
