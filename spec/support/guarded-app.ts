import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { Passport } from 'passport'
import {
  createS2S,
  type AuditEvent,
  type Resources,
  type ResourceOptions,
  type S2S,
  type S2SOptions,
  type S2SPrincipal,
  type S2SVerify,
} from 'passport-s2s'
import { startHttpServer, startHttpsServer, type LocalServer } from './https-server.ts'

/** The two ways an application guards its routes; both must decide alike. */
export const forms = ['passport', 'protect'] as const

/** With the strategy object in the place of its name: Passport then shares one object among all requests. */
export const everyForm = [...forms, 'strategy object'] as const

export type Form = (typeof everyForm)[number]

export interface GuardedAppOptions {
  readonly form: Form
  /** Options, or a function that creates the server. */
  readonly s2s: S2SOptions | ((onAuditEvent: (event: AuditEvent) => void) => Promise<S2S>)
  readonly verify?: S2SVerify
  /** Default: those of the server's own configuration. */
  readonly resources?: Resources
  readonly resourceOptions?: ResourceOptions
  /** Express's `trust proxy`; left unset by default. */
  readonly trustProxy?: unknown
  /** Serve plain http instead of https. Default `false`. */
  readonly plainHttp?: boolean
  /** Ask clients for a certificate. Default `false`. */
  readonly requestCert?: boolean
  /** Runs before the guard: body parsers, a hand-set user... */
  readonly before?: readonly RequestHandler[]
  /** Where the guard is mounted. Default `/`. */
  readonly mountPath?: string
  /** The routes behind the guard. Default: one handler that answers everything. */
  readonly routes?: (app: Express, handler: RequestHandler) => void
  /** Puts guard and routes together itself, instead of `mountPath` and `routes`: guards within routers and sub-apps. */
  readonly assemble?: (app: Express, parts: GuardedAppParts) => void
}

/** What `assemble` puts together. */
export interface GuardedAppParts {
  readonly guard: readonly RequestHandler[]
  readonly handler: RequestHandler
}

/** A running application behind a guard. */
export interface GuardedApp extends LocalServer {
  readonly s2s: S2S
  readonly events: readonly AuditEvent[]
  /** How often a handler behind the guard ran. */
  handlerCalls(): number
  /** What `principalOf` said in the handler that ran last; `null` for an anonymous request. */
  lastCaller(): S2SPrincipal | null
  /** Errors that were neither answered by us nor expected. */
  readonly failures: readonly unknown[]
}

/** Starts an application whose every route is guarded in the given form, over real TLS. */
export async function startGuardedApp(options: GuardedAppOptions): Promise<GuardedApp> {
  const events: AuditEvent[] = []
  const failures: unknown[] = []
  let calls = 0
  let lastCaller: S2SPrincipal | null = null
  const onAuditEvent = (event: AuditEvent): void => {
    events.push(event)
  }
  const s2s =
    typeof options.s2s === 'function'
      ? await options.s2s(onAuditEvent)
      : createS2S({ ...options.s2s, onAuditEvent }, options.verify)
  const app = express()
  app.disable('x-powered-by')
  if (options.trustProxy !== undefined) app.set('trust proxy', options.trustProxy)
  for (const middleware of options.before ?? []) app.use(middleware)
  const handler = (request: Request, response: Response): void => {
    calls += 1
    lastCaller = callerOf(s2s, request)
    response.set('x-handler', 'ran').json({ caller: lastCaller, url: request.url })
  }
  assemble(app, options, { guard: guardOf(s2s, options), handler })
  app.use(s2s.errorResponder())
  app.use(((error, _request, response, _next) => {
    failures.push(error)
    response.status(500).json({ unexpected: String(error) })
  }) satisfies express.ErrorRequestHandler)
  const server = await (options.plainHttp === true
    ? startHttpServer(app)
    : startHttpsServer(app, { requestCert: options.requestCert ?? false }))
  return {
    ...server,
    s2s,
    events,
    failures,
    handlerCalls: () => calls,
    lastCaller: () => lastCaller,
    close: () => {
      s2s.close()
      return server.close()
    },
  }
}

function assemble(app: Express, options: GuardedAppOptions, parts: GuardedAppParts): void {
  if (options.assemble !== undefined) {
    options.assemble(app, parts)
    return
  }
  app.use(options.mountPath ?? '/', ...parts.guard)
  if (options.routes === undefined) app.use(parts.handler)
  else options.routes(app, parts.handler)
}

/** The guard of one form. Passport hands its 401 to the error responder, so that both forms answer with the same JSON. */
export function guardOf(
  s2s: S2S,
  { form, resources, resourceOptions }: Pick<GuardedAppOptions, 'form' | 'resources' | 'resourceOptions'>,
): RequestHandler[] {
  if (form === 'protect') return [s2s.protect(resources, resourceOptions)]
  const passport = new Passport()
  passport.use(s2s.strategy)
  const authenticate = passport.authenticate(form === 'passport' ? 's2s' : s2s.strategy, {
    session: false,
    failWithError: true,
    allowAnonymous: true,
  } as object) as RequestHandler
  return [authenticate, s2s.protectResources(resources, resourceOptions)]
}

function callerOf(s2s: S2S, request: Request): S2SPrincipal | null {
  try {
    return s2s.principalOf(request)
  } catch {
    return null
  }
}
