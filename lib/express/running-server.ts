import type { S2SServer } from './authenticate-request.ts'
import type { GuardOwner } from './guard-context.ts'
import { offeredScopes, type OfferingRule } from './offered-scopes.ts'
import { recordOf } from './request-record.ts'
import { warnOfShadowMode } from '../audit/warn-of-shadow-mode.ts'
import {
  createResourceGuard,
  rulesInShadow,
  type ResourceGuards,
  type ResourceOptions,
  type Resources,
} from './resource-guard.ts'
import { ConfigurationError } from '../foundation/errors.ts'

/** Gives what one configuration made for the request that it judges. */
export type OfRequest<T> = (request: object) => T

/**
 * A server whose configuration may be replaced while it runs. Each request is judged by one configuration from its first
 * step to its last: the one that was in force when a middleware of this server first saw it.
 */
export class RunningServer implements GuardOwner {
  current: S2SServer
  /** What new requests remember; one array for all of them. */
  private pin: readonly S2SServer[]
  private readonly own = new WeakSet<S2SServer>()
  private readonly makers: ((server: S2SServer) => void)[] = []

  constructor(server: S2SServer) {
    this.current = server
    this.pin = [server]
    this.own.add(server)
  }

  /** The configuration by which a request is judged. */
  readonly serverOf = (request: object): S2SServer => {
    const record = recordOf(request)
    const { servers } = record
    if (servers === this.pin) return this.current
    const mine = servers?.find((server) => this.own.has(server))
    if (mine !== undefined) return mine
    record.servers = servers === undefined ? this.pin : [...servers, this.current]
    return this.current
  }

  readonly contextNow = (): S2SServer['context'] => this.current.context

  readonly contextOf = (request: object): S2SServer['context'] => this.serverOf(request).context

  /** The scopes of rules that stand in code are offered under every configuration. */
  readonly learnRules = (rules: readonly OfferingRule[]): void => {
    for (const scope of offeredScopes(rules)) this.current.heritage.codeScopes.add(scope)
  }

  /** Makes something of each configuration, before that takes effect: what cannot be made keeps it from doing so. */
  ofEach<T>(make: (server: S2SServer) => T): OfRequest<T> {
    const made = new WeakMap<S2SServer, T>([[this.current, make(this.current)]])
    this.makers.push((server) => made.set(server, make(server)))
    return (request) => made.get(this.serverOf(request)) as T
  }

  /**
   * The table that a middleware judges by: one of its own, or that of the options, which changes with them.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  guardsFor(resources: Resources | string | undefined, options?: ResourceOptions): ResourceGuards {
    if (typeof resources === 'object') {
      const guard = createResourceGuard(resources, options)
      this.learnRules(guard.table.entries)
      warnOfShadowMode(rulesInShadow(guard.table.entries), this.contextNow().audit)
      return { of: () => guard, now: () => guard }
    }
    if (options !== undefined) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        'options are for a table that is given here; for tables of the configuration write resourceOptions there',
      )
    }
    const of = this.ofEach(({ tables, context }) => {
      const guard = tables.guardOf(resources)
      warnOfShadowMode(rulesInShadow(guard.table.entries), context.audit)
      return guard
    })
    return { of, now: () => this.current.tables.guardOf(resources) }
  }

  /**
   * Makes all that middleware needs of the next configuration; it does not take effect yet.
   *
   * @throws whatever keeps it from being made
   */
  prepare(next: S2SServer): void {
    for (const make of this.makers) make(next)
  }

  /** From now on requests that come are judged by this configuration. */
  replace(next: S2SServer): void {
    this.own.add(next)
    next.takeEffect()
    this.current = next
    this.pin = [next]
  }
}
