import { METHODS } from 'node:http'
import { guardMarkOf } from '../guard-marks.ts'
import { joinPaths, type PathsOf } from './layer-paths.ts'
import { mountedAppOf } from './mounted-app.ts'
import { isErrorHandler, layersOf, type HandlerFunction, type LayerRoute, type RouterLayer } from './router-layer.ts'

/** Something a request can reach: a method and path of a route, or a function of which nothing is known. */
export interface Target {
  readonly type: 'route' | 'function'
  /** In upper case, or `ALL`; `USE` for a function. */
  readonly method: string
  /** From the root of the application, as it is written; what could not be told stands in parentheses. */
  readonly path: string
  /** Whether all of the path is known. */
  readonly isKnown: boolean
  /** The layers on the way: routers in which it is mounted, and its own. */
  readonly chain: readonly RouterLayer[]
  /** The name of a function. */
  readonly name?: string
}

interface Place {
  readonly path: string
  readonly isKnown: boolean
  readonly chain: readonly RouterLayer[]
}

/** The layers of a mounted router or sub-app; `undefined` for any other function. */
export function innerLayers(handle: HandlerFunction): readonly RouterLayer[] | undefined {
  return layersOf(mountedAppOf(handle) ?? handle)
}

/** Lists everything that requests can reach through the layers of an application, in the order of the routers. */
export function listTargets(layers: readonly RouterLayer[], pathsOf: PathsOf): readonly Target[] {
  return listIn(layers, { path: '', isKnown: true, chain: [] }, pathsOf)
}

function listIn(layers: readonly RouterLayer[], place: Place, pathsOf: PathsOf): readonly Target[] {
  return layers.flatMap((layer) => {
    if (place.chain.includes(layer)) return []
    const places = placesOf(layer, place, pathsOf)
    if (layer.route !== undefined) return targetsOfRoute(layer.route, places)
    const inner = innerLayers(layer.handle)
    if (inner !== undefined) return places.flatMap((innerPlace) => listIn(inner, innerPlace, pathsOf))
    return isUnknown(layer.handle) ? places.map((at) => functionAt(at, layer)) : []
  })
}

/** Whether nothing is known of a function that requests come by: it may answer them, hand them on, or hold routes. */
export function isUnknown(handle: HandlerFunction): boolean {
  return guardMarkOf(handle) === undefined && !isErrorHandler(handle)
}

function placesOf(layer: RouterLayer, { path, isKnown, chain }: Place, pathsOf: PathsOf): readonly Place[] {
  const inner = [...chain, layer]
  const paths = pathsOf(layer)
  if (paths !== undefined) return paths.map((part) => ({ path: joinPaths(path, part), isKnown, chain: inner }))
  const written = [layer.route?.path ?? layer.rawPath ?? layer.regexp ?? 'unknown path'].flat(Infinity)
  return [{ path: `${path}/(${written.map(String).join(', ')})`, isKnown: false, chain: inner }]
}

function functionAt(place: Place, { name }: RouterLayer): Target {
  return { ...place, type: 'function', method: 'USE', name }
}

function targetsOfRoute(route: LayerRoute, places: readonly Place[]): readonly Target[] {
  const handled = new Set(route.stack.filter(({ handle }) => isUnknown(handle)).map(({ method = 'all' }) => method))
  // `app.all` writes a handler for each method.
  const methods = METHODS.every((method) => handled.has(method.toLowerCase())) ? ['all'] : handled
  return places.flatMap((place) =>
    [...methods].map((method): Target => ({ ...place, type: 'route', method: method.toUpperCase() })),
  )
}

/** The methods a route is asked with: of `app.all` those that rules name, OPTIONS, and one that none names. */
export function askedMethods({ method }: Target, named: ReadonlySet<string>): readonly string[] {
  if (method === 'HEAD') return ['GET']
  if (method !== 'ALL' && method !== 'USE') return [method]
  const other = METHODS.filter((one) => one !== 'HEAD' && one !== 'CONNECT' && !named.has(one)).slice(-1)
  return [...new Set([...named, 'OPTIONS', ...other])].filter((one) => one !== 'ALL')
}
