/** A handler of a route. */
export interface RouteHandler {
  readonly handle: HandlerFunction
  /** In lower case; `undefined`: every method. */
  readonly method: string | undefined
}

/** What Express 4 and 5 share of a route. */
export interface LayerRoute {
  readonly path: unknown
  readonly stack: readonly RouteHandler[]
}

/** A function, which may be a router or an application as well. */
export type HandlerFunction = ((...parameters: never[]) => unknown) & { readonly stack?: unknown }

/** What is read of a router's layer: of Express 4, and of 5 with any version of its `router` package. */
export interface RouterLayer {
  readonly handle: HandlerFunction
  readonly name: string
  readonly route?: LayerRoute | undefined
  match(path: string): unknown
  /** What matched last; where `match` does not give it. */
  readonly path?: string | undefined
  /** Express 5 with router 2.3 or later. */
  readonly rawPath?: unknown
  /** Express 5: mounted at `/`. */
  readonly slash?: boolean
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean }
  /** Express 4, and 5 before router 2.3. */
  readonly keys?: readonly { readonly name: string | number }[]
}

interface Application {
  readonly lazyrouter?: unknown
  readonly _router?: { readonly stack: readonly RouterLayer[] }
  readonly router?: { readonly stack: readonly RouterLayer[] }
}

/** Whether something is an Express application. */
export function isApplication(value: unknown): boolean {
  const { handle, set } = (value ?? {}) as { handle?: unknown; set?: unknown }
  return typeof value === 'function' && typeof handle === 'function' && typeof set === 'function'
}

/** The layers of an application or router; `undefined` for any other function. */
export function layersOf(value: HandlerFunction): readonly RouterLayer[] | undefined {
  if (!isApplication(value)) return Array.isArray(value.stack) ? (value.stack as readonly RouterLayer[]) : undefined
  const application = value as Application
  // Express 4 throws on `app.router`, and puts two layers of its own in front.
  if (application.lazyrouter === undefined) return application.router?.stack
  return (application._router?.stack ?? []).filter(({ name }, index) => name !== ownLayers[index])
}

const ownLayers: readonly (string | undefined)[] = ['query', 'expressInit']

/** Whether a function is for errors only: requests pass it by. */
export function isErrorHandler({ length }: HandlerFunction): boolean {
  return length > 3
}

/** Whether a handler of a route runs for the method. HEAD is judged as GET and not asked here. */
export function handlesMethod({ method }: RouteHandler, asked: string): boolean {
  return method === undefined || method === asked.toLowerCase()
}
