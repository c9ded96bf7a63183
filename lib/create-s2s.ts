import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import type { S2SHealth } from './audit/health.ts'
import { setWatchedServer } from './audit/watched-server.ts'
import { createConfiguration, createReload, type Reload } from './create-reload.ts'
import { createRouteCoverage, type CoverageOptions, type RouteCoverage } from './express/routes/route-coverage.ts'
import { createServerErrorResponder, type ErrorResponderOptions } from './express/error-responder.ts'
import { createProtectResources, createRequirePermission } from './express/protect-resources.ts'
import type { MetadataRouterOptions } from './express/metadata-router.ts'
import { createProtect } from './express/protect.ts'
import { decisionOf, principalOf, type S2SDecision } from './express/request-record.ts'
import type { ResourceOptions, Resources } from './express/resource-guard.ts'
import { createResourceMetadataRouter } from './express/resource-metadata-router.ts'
import { RunningServer } from './express/running-server.ts'
import { S2SStrategy } from './express/s2s-strategy.ts'
import type { S2SVerify, S2SVerifyPrincipal, S2SVerifyWithRequest } from './express/verify-call.ts'
import type { S2SPrincipal } from './identity/principal.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { S2SClientOptions } from './outgoing/client-options.ts'
import type { S2SClient } from './outgoing/s2s-client.ts'
import { createOwnClients, ourselvesOf } from './own-clients.ts'
import { runningIssuersOf, type RunningIssuers } from './running-issuers.ts'
import { createRunningMetadataRouter } from './running-metadata-router.ts'
import type { ResourceRequirement } from './permissions/requirement-forms.ts'
import type { ShadowReport } from './permissions/shadow-counts.ts'
import type { S2SServerOptions } from './server-options.ts'
import type { KillSwitch } from './suspension/kill-switch.ts'

/** What an application uses of passport-s2s. */
export interface S2S extends KillSwitch {
  /** For `passport.use(...)`; its name is `s2s`. */
  readonly strategy: S2SStrategy
  /**
   * The second middleware, behind `passport.authenticate('s2s', { session: false })`. Judges by the table that is given; else
   * by `resources` of the options, or by the one of `resourceTables` that is named: these change with `reload`.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  protectResources(this: void, resources?: Resources | string, options?: ResourceOptions): RequestHandler
  /**
   * TLS, authentication and permission in one middleware, without Passport. Its table is chosen as by `protectResources`.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  protect(this: void, resources?: Resources | string, options?: ResourceOptions): RequestHandler
  /** One requirement for one route, behind authentication. */
  requirePermission(this: void, requirement: ResourceRequirement<Request>): RequestHandler
  /** Answers refusals as JSON; mount it after the routes. */
  errorResponder(this: void, options?: ErrorResponderOptions): ErrorRequestHandler
  /** Who calls. Throws `ERR_S2S_NOT_PROTECTED` on a request that was not authenticated. */
  principalOf(this: void, request: object): S2SPrincipal
  /** What was decided. Throws `ERR_S2S_NOT_PROTECTED` on a request nothing decided about. */
  decisionOf(this: void, request: object): S2SDecision
  /** Which rule guards which route; call it when all routes are mounted. See `createRouteCoverage`. */
  coverage(this: void, app: RequestHandler, options?: CoverageOptions): RouteCoverage
  /** What shadow mode let pass since the start, counted by rule and caller. For the operator, never for callers. */
  shadowReport(this: void): ShadowReport
  readonly trustedIssuers: RunningIssuers
  /**
   * Publishes who we are and our keys, for everybody: mount it at the root of the app, before the guard.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also without `self.signingKeys`), `ERR_S2S_OPTION_UNKNOWN`
   */
  metadataRouter(this: void, options?: MetadataRouterOptions): RequestHandler
  /**
   * Publishes `resourceMetadata` of the options (RFC 9728), for everybody: mount it at the root of the app, before the
   * guard. The document of `https://host/mcp` is at `/.well-known/oauth-protected-resource/mcp`; other paths go on. One
   * server is one resource: for several on one host make a server of its own, with its own `audience`, for each.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` without `resourceMetadata`
   */
  resourceMetadataRouter(this: void): RequestHandler
  /**
   * One of `clients` of the options, by name.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when there is none of that name
   */
  client(this: void, name: string): S2SClient
  /**
   * Calls one other server, as this server or for a user. Make one client for each server and keep it: it keeps tokens and
   * connections. `agent` and `ca` are those of `createS2S` unless others are given. What these and
   * `self` say changes with `reload`, also under a client that is kept.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also without `self.signingKeys`, unless `oauth` needs no key of
   * ours), `ERR_S2S_OPTION_UNKNOWN`; OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
   */
  client(this: void, options: S2SClientOptions): S2SClient
  /**
   * Our own keys, to roll them over. Ask again after `reload`: keys that are configured anew are others.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` without `self.signingKeys`
   */
  signingKeys(this: void): SigningKeys
  /**
   * Fetches all keys, and with `state` the suspensions of the fleet, now, so that the first request need not wait; rejects
   * with `UnavailableError`.
   */
  ready(this: void): Promise<void>
  /**
   * How this server stands now, for a readiness route: which issuers have keys, how long certificates are good for.
   * Nothing is fetched. `ready` means that tokens of every trusted issuer can be verified, also with last known good keys,
   * and with `state` that it is known who is suspended.
   */
  health(this: void): S2SHealth
  /**
   * Replaces the configuration, whole or not at all, under everything that is mounted and kept. What no file can hold
   * (functions, `agent`, `clock`, a store of grants) stays as it was where it is left out.
   *
   * Keys of issuers that are new are fetched first, each within its `timeoutMilliseconds`; keys that were fetched before
   * serve on. One that is out of reach does not keep the configuration from being replaced. A request that had begun is
   * judged by the old configuration to its end, every later one by the new one; nothing that was proved under the old one
   * counts any more. Issuers that were added or removed at run time are those of the new configuration again. Emits
   * `config.reloaded` or `config.rejected`.
   *
   * @throws ConfigurationError, OutgoingError when it is not valid; the old configuration stays
   */
  reload(this: void, options: S2SServerOptions): Promise<void>
  /** Stops timers, clients and what watches this server; a fetch under way ends within `timeoutMilliseconds`. */
  close(this: void): void
}

/**
 * Checks all options once and wires a server that believes the trusted issuers.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createS2S(
  options: S2SServerOptions & { readonly passReqToCallback: true },
  verify?: S2SVerifyWithRequest,
): S2S
export function createS2S(
  options: S2SServerOptions & { readonly passReqToCallback?: false },
  verify?: S2SVerifyPrincipal,
): S2S
export function createS2S(options: S2SServerOptions, verify?: S2SVerify): S2S
export function createS2S(options: S2SServerOptions, verify?: S2SVerify): S2S {
  return wireS2S(options, verify).s2s
}

/** A server, and its reload for whoever brings the options from elsewhere. */
export interface WiredS2S {
  readonly s2s: S2S
  readonly reloadFrom: Reload['reloadFrom']
}

/** `createS2S` for the other files of this floor. */
export function wireS2S(options: S2SServerOptions, verify: S2SVerify | undefined): WiredS2S {
  const first = createConfiguration(options, { verify })
  const running = new RunningServer(first.server)
  const { watched, suspensions: switches } = first.server.heritage
  const { suspend, resume, suspensions } = switches
  const clients = createOwnClients(first)
  const reloading = createReload({ options, verify, running, clients })
  const s2s: S2S = {
    strategy: new S2SStrategy(running),
    protectResources: (resources, resourceOptions) =>
      createProtectResources(running, running.guardsFor(resources, resourceOptions)),
    protect: (resources, resourceOptions) => createProtect(running, resources, resourceOptions),
    requirePermission: (requirement) => createRequirePermission(running, requirement),
    errorResponder: (responderOptions) =>
      createServerErrorResponder((request) => ({ ...running.contextOf(request), ...responderOptions })),
    principalOf,
    decisionOf,
    coverage: createRouteCoverage,
    shadowReport: () => running.current.context.shadowCounts.report(),
    trustedIssuers: runningIssuersOf(running),
    metadataRouter: (routerOptions) => createRunningMetadataRouter(running, routerOptions),
    resourceMetadataRouter: () => createResourceMetadataRouter(running),
    client: clients.open,
    signingKeys: () => ourselvesOf(running.current).keys,
    suspend,
    resume,
    suspensions,
    ready: () => running.current.ready(),
    health: watched.health,
    reload: (next) => reloading.reloadFrom(() => next),
    close: () => {
      running.current.close()
      for (const part of [reloading, switches, clients, watched]) part.close()
    },
  }
  watched.serveClientKeys(clients.keys)
  setWatchedServer(s2s, watched)
  return { s2s, reloadFrom: reloading.reloadFrom }
}
