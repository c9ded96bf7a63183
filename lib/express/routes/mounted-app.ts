import { isApplication, type HandlerFunction } from './router-layer.ts'

/** What `app.use(subApp)` puts in the place of the sub-app, in Express 4 and 5, but for white space and semicolons. */
const mountedApp =
  'function mounted_app(req, res, next) { var orig = req.app fn.handle(req, res, function (err) { setPrototypeOf(req, orig.request) setPrototypeOf(res, orig.response) next(err) }) }'

/**
 * The application behind a layer of `app.use(subApp)`; `undefined` when there is none. Express keeps it in a closure only, so
 * that closure, which is known by its text, is asked: it hands a request that stands for none to the sub-app, which makes
 * itself known on it. The target of that request then vanishes, before any layer of the sub-app could run.
 */
export function mountedAppOf(handle: HandlerFunction): HandlerFunction | undefined {
  if (handle.name !== 'mounted_app' || textOf(handle) !== mountedApp) return undefined
  let found: unknown
  const request = Object.create({ app: { request: {}, response: {} } }) as object
  const response = {
    setHeader: () => undefined,
    get locals(): object {
      found = (Object.getPrototypeOf(request) as { app?: unknown }).app
      return {}
    },
    set locals(_given: object) {
      // Express 4 writes back what it read.
    },
  }
  Object.assign(request, { method: 'GET', query: {} })
  Object.defineProperty(request, 'url', { get: () => (found === undefined ? '/' : undefined), set: () => undefined })
  const call = handle as unknown as (request: object, response: object, next: () => void) => void
  call(request, response, () => undefined)
  return isApplication(found) ? (found as HandlerFunction) : undefined
}

function textOf(handle: HandlerFunction): string {
  return Function.prototype.toString
    .call(handle)
    .replaceAll(/;/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('Object.setPrototypeOf', 'setPrototypeOf')
}
