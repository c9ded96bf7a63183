import type express from 'express'
import type { ResourceTable } from '../../../lib/permissions/resource-table.ts'

/** What Express 4 and 5 share of a layer. */
interface Layer {
  match(path: string): unknown
}

function layerOf(anExpress: typeof express, path: string, isExact: boolean): Layer {
  const router = anExpress.Router({ caseSensitive: isExact, strict: isExact })
  router.route(path)
  return (router.stack as unknown as readonly [Layer])[0]
}

function isMatch(layer: Layer, path: string): boolean {
  try {
    return Boolean(layer.match(path))
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}

/**
 * What `find` must give, said once more and slowly: Express's own layer is asked for every entry. All that match without
 * regard to letter case and the slash at the end, up to the first that matches with regard to both.
 */
export function createLinearScan(anExpress: typeof express, table: ResourceTable): ResourceTable['find'] {
  const lines = table.entries.map((entry) => ({
    entry,
    serves: (method: string) =>
      entry.method === 'ALL' || entry.method === method || (entry.method === 'GET' && method === 'HEAD'),
    lenient: layerOf(anExpress, entry.path, false),
    exact: layerOf(anExpress, entry.path, true),
  }))
  return function scan(method, path) {
    const matching = lines.filter(({ serves, lenient }) => serves(method) && isMatch(lenient, path))
    const end = matching.findIndex(({ exact }) => isMatch(exact, path))
    return (end === -1 ? matching : matching.slice(0, end + 1)).map(({ entry }) => entry)
  }
}

/** Which route of a real router serves a request. */
export type ServingRoute = (request: express.Request) => string | undefined

/** A real router with one route for each entry, in the order of the table, that tells the name of the one that serves. */
export function createServingRouter(
  anExpress: typeof express,
  table: ResourceTable,
  settings: express.RouterOptions,
): ServingRoute {
  const served = new WeakMap<object, string>()
  const router = anExpress.Router(settings)
  for (const { name, method, path } of table.entries) {
    router[method.toLowerCase() as 'get'](path, (request) => {
      served.set(request, name)
    })
  }
  const handle = router as unknown as (request: object, response: object, done: () => void) => void
  return function routeOf(request) {
    handle(request, {}, () => undefined)
    return served.get(request)
  }
}
