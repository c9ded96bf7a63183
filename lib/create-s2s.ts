import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import type { S2SOptions, S2SServer } from './express/authenticate-request.ts'
import { createServerErrorResponder, type ErrorResponderOptions } from './express/error-responder.ts'
import { createProtectResources, createRequirePermission } from './express/protect-resources.ts'
import { createMetadataRouter, type MetadataRouterOptions } from './express/metadata-router.ts'
import { createProtect } from './express/protect.ts'
import { decisionOf, principalOf, type S2SDecision } from './express/request-record.ts'
import type { ResourceOptions, Resources } from './express/resource-guard.ts'
import { S2SStrategy } from './express/s2s-strategy.ts'
import type { S2SVerify, S2SVerifyPrincipal, S2SVerifyWithRequest } from './express/verify-call.ts'
import { ConfigurationError } from './foundation/errors.ts'
import type { S2SPrincipal } from './identity/principal.ts'
import type { SigningKey } from './keys/signing-key.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { S2SClientOptions } from './outgoing/client-options.ts'
import { createS2SClient, type S2SClient } from './outgoing/s2s-client.ts'
import type { CallingServer } from './outgoing/token-source.ts'
import type { ResourceRequirement } from './permissions/requirement.ts'
import type { KillSwitch } from './suspension/kill-switch.ts'
import type { TrustedIssuerOptions } from './trust/issuer-options.ts'
import type { SelfOptions } from './trust/self.ts'

/** The trusted issuers of a running server. Changes take effect on the next request. */
export interface RunningIssuers {
  /**
   * Trusts one more issuer.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  add(this: void, options: TrustedIssuerOptions): void
  /** Stops trusting the issuer (or the preset) of that name or `iss`; `false` when there was none. */
  remove(this: void, name: string): boolean
  /** Names and `iss` values of the issuers that are trusted now. */
  list(this: void): readonly { readonly name: string; readonly issuerNames: readonly string[] }[]
}

/** What an application uses of passport-s2s. */
export interface S2S extends KillSwitch {
  /** For `passport.use(...)`; its name is `s2s`. */
  readonly strategy: S2SStrategy
  /** The second middleware, behind `passport.authenticate('s2s', { session: false })`. */
  protectResources(this: void, resources: Resources, options?: ResourceOptions): RequestHandler
  /** TLS, authentication and permission in one middleware, without Passport. */
  protect(this: void, resources: Resources, options?: ResourceOptions): RequestHandler
  /** One requirement for one route, behind authentication. */
  requirePermission(this: void, requirement: ResourceRequirement<Request>): RequestHandler
  /** Answers refusals as JSON; mount it after the routes. */
  errorResponder(this: void, options?: ErrorResponderOptions): ErrorRequestHandler
  /** Who calls. Throws `ERR_S2S_NOT_PROTECTED` on a request that was not authenticated. */
  principalOf(this: void, request: object): S2SPrincipal
  /** What was decided. Throws `ERR_S2S_NOT_PROTECTED` on a request nothing decided about. */
  decisionOf(this: void, request: object): S2SDecision
  readonly trustedIssuers: RunningIssuers
  /**
   * Publishes who we are and our keys, for everybody: mount it at the root of the app, before the guard.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also without `self.signingKeys`), `ERR_S2S_OPTION_UNKNOWN`
   */
  metadataRouter(this: void, options?: MetadataRouterOptions): RequestHandler
  /**
   * Calls one other server, as this server or for a user. Make one client for each server and keep it: it keeps tokens and
   * connections. `agent` and `ca` are those of `createS2S` unless others are given.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also without `self.signingKeys`, unless `oauth` needs no key of
   * ours), `ERR_S2S_OPTION_UNKNOWN`; OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
   */
  client(this: void, options: S2SClientOptions): S2SClient
  /**
   * Our own keys, to roll them over.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` without `self.signingKeys`
   */
  signingKeys(this: void): SigningKeys
  /** Fetches all keys, and with `state` the suspensions of the fleet, now, so that the first request need not wait; rejects with `UnavailableError`. */
  ready(this: void): Promise<void>
  /** Stops timers and closes all clients. */
  close(this: void): void
}

/**
 * Checks all options once and wires a server that believes the trusted issuers.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createS2S(
  options: S2SOptions & { readonly passReqToCallback: true },
  verify?: S2SVerifyWithRequest,
): S2S
export function createS2S(
  options: S2SOptions & { readonly passReqToCallback?: false },
  verify?: S2SVerifyPrincipal,
): S2S
export function createS2S(options: S2SOptions, verify?: S2SVerify): S2S
export function createS2S(options: S2SOptions, verify?: S2SVerify): S2S {
  const strategy = new S2SStrategy(options, verify)
  const server = strategy._server
  const owner = { context: server.context }
  const { issuers, suspensions } = server
  const { problemDetails, challenges } = server.context
  const ourselves = (): Ourselves => ourselvesOf(options, server)
  const clients = new Set<S2SClient>()
  return {
    strategy,
    protectResources: (resources, resourceOptions) => createProtectResources(owner, resources, resourceOptions),
    protect: (resources, resourceOptions) => createProtect(server, resources, resourceOptions),
    requirePermission: (requirement) => createRequirePermission(owner, requirement),
    errorResponder: (responderOptions) =>
      createServerErrorResponder({ problemDetails, ...responderOptions }, challenges),
    principalOf,
    decisionOf,
    trustedIssuers: {
      add: issuers.add,
      remove: issuers.remove,
      list: () => issuers.list().map(({ name, issuerNames }) => ({ name, issuerNames })),
    },
    metadataRouter: (routerOptions) => createMetadataRouter({ ...ourselves(), context: server.context }, routerOptions),
    client: (clientOptions) => createClient(clientOptions, { options, server, clients }),
    signingKeys: () => ourselves().keys,
    suspend: suspensions.suspend,
    resume: suspensions.resume,
    suspensions: suspensions.suspensions,
    ready: server.ready,
    close: () => {
      server.close()
      for (const client of clients) client.close()
    },
  }
}

interface Ourselves {
  readonly self: SelfOptions
  readonly keys: SigningKeys
}

function ourselvesOf({ self }: S2SOptions, { signingKeys }: S2SServer): Ourselves {
  if (self !== undefined && signingKeys !== undefined) return { self, keys: signingKeys }
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    'self.signingKeys is missing; set self: { ..., signingKeys: { current: { privateKey, certificate } } }',
  )
}

interface ClientOwner {
  readonly options: S2SOptions
  readonly server: S2SServer
  /** Those that are open. */
  readonly clients: Set<S2SClient>
}

function createClient(given: S2SClientOptions, { options, server, clients }: ClientOwner): S2SClient {
  const { agent, ca } = options
  const tls = { ...(agent === undefined ? {} : { agent }), ...(ca === undefined ? {} : { ca }) }
  const caller = callingServer(given, options, server)
  const { fetch, close } = createS2SClient({ ...tls, ...lifetimeOf(given, options), ...given }, caller)
  const client: S2SClient = {
    fetch,
    close: () => {
      clients.delete(client)
      close()
    },
  }
  clients.add(client)
  return client
}

/** Tokens of an OAuth issuer need no key of ours, unless one is to prove who we are. */
function callingServer({ oauth }: S2SClientOptions, options: S2SOptions, server: S2SServer): CallingServer {
  const { clock, context } = server
  if (
    oauth !== undefined &&
    (oauth.authentication.type !== 'private_key_jwt' || oauth.authentication.key !== undefined)
  ) {
    const currentKey = (): SigningKey => ourselvesOf(options, server).keys.current()
    return { clientId: oauth.clientId, realm: '', currentKey, clock, audit: context.audit }
  }
  const { self, keys } = ourselvesOf(options, server)
  return { clientId: self.clientId, realm: self.realm, currentKey: keys.current, clock, audit: context.audit }
}

/** A key is retired when its longest token has ended: no token may live longer than that. */
function lifetimeOf(
  { oauth, lifetimeSeconds }: S2SClientOptions,
  { self }: S2SOptions,
): Pick<S2SClientOptions, 'lifetimeSeconds'> {
  const longest = self?.signingKeys?.longestTokenSeconds
  if (oauth !== undefined || longest === undefined) return {}
  if (lifetimeSeconds === undefined) return { lifetimeSeconds: Math.min(longest, 3600) }
  if (lifetimeSeconds <= longest) return {}
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `lifetimeSeconds must be at most self.signingKeys.longestTokenSeconds (${longest}): a key is retired after that time`,
  )
}
