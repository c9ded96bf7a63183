import type { AuditEvent } from './audit/audit-event.ts'
import { createServer } from './express/authenticate-request.ts'
import { createConfiguredTables } from './express/configured-tables.ts'
import type { RunningServer } from './express/running-server.ts'
import type { S2SVerify } from './express/verify-call.ts'
import { ConfigurationError, S2SError } from './foundation/errors.ts'
import type { CallingConfiguration, OwnClients } from './own-clients.ts'
import type { S2SServerOptions } from './server-options.ts'
import { isGrantStore } from './permissions/grants.ts'
import type { ServerHeritage } from './permissions/server-heritage.ts'

/** Options that no file can hold: where they are left out they stay as they were. */
const lastingOptions = [
  'agent',
  'fetch',
  'clock',
  'state',
  'onAuditEvent',
  'findProfiles',
  'userRights',
  'passReqToCallback',
] as const

/** What a configuration is made with besides its options. */
export interface ConfigurationSurroundings {
  readonly verify: S2SVerify | undefined
  /** Of the configuration that is replaced. */
  readonly before?: ServerHeritage
}

/**
 * Checks all options of a server and makes a configuration of them.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createConfiguration(
  { resources, resourceTables, resourceOptions, resourceMetadata, clients = {}, ...options }: S2SServerOptions,
  surroundings: ConfigurationSurroundings,
): CallingConfiguration {
  const tables = createConfiguredTables({
    ...(resources === undefined ? {} : { resources }),
    ...(resourceTables === undefined ? {} : { resourceTables }),
    ...(resourceOptions === undefined ? {} : { resourceOptions }),
  })
  return { server: createServer(options, { ...surroundings, tables, resourceMetadata }), clients }
}

/** What is reloaded. */
export interface Reloaded {
  readonly options: S2SServerOptions
  readonly verify: S2SVerify | undefined
  readonly running: RunningServer
  readonly clients: OwnClients
}

/** The configuration of a running server, one change at a time. */
export interface Reload {
  /**
   * Replaces the configuration by what `bring` brings, whole or not at all. Emits `config.reloaded` or `config.rejected`.
   *
   * @throws what `bring` throws; ConfigurationError, OutgoingError when the options are not valid
   */
  reloadFrom(this: void, bring: () => S2SServerOptions | Promise<S2SServerOptions>): Promise<void>
  /** What is still being prepared does not take effect any more. */
  close(this: void): void
}

/** Creates the function that replaces the configuration of a running server. */
export function createReload(reloaded: Reloaded): Reload {
  const { running } = reloaded
  const lasting = lastingOf(reloaded.options)
  let isClosed = false
  let last: Promise<unknown> = Promise.resolve()

  async function replace(given: S2SServerOptions): Promise<void> {
    const { commit, discard, ready } = prepare({ ...lasting, ...given }, reloaded)
    await ready
    if (isClosed) discard()
    else commit()
  }

  async function reloadFrom(bring: () => S2SServerOptions | Promise<S2SServerOptions>): Promise<void> {
    try {
      await replace(await bring())
    } catch (error) {
      const { audit } = running.current.context
      const description = describe(error)
      if (!audit.isListening()) warn(description)
      audit.emit(() => ({ name: 'config.rejected', outcome: 'notice', ...description }))
      throw error
    }
  }

  return {
    reloadFrom: (bring) => {
      const done = last.then(() => reloadFrom(bring))
      last = done.catch(() => undefined)
      return done
    },
    close: () => {
      isClosed = true
    },
  }
}

/** A configuration that is valid and does not take effect yet. */
interface Prepared {
  /** When its keys are there, or cannot be had. */
  readonly ready: Promise<void>
  commit(this: void): void
  discard(this: void): void
}

function prepare(options: S2SServerOptions, { verify, running, clients }: Reloaded): Prepared {
  const next = createConfiguration(options, { verify, before: running.current.heritage })
  const { issuers, context, close } = next.server
  let placeClients: () => void
  try {
    running.prepare(next.server)
    placeClients = clients.prepare(next)
  } catch (error) {
    close()
    throw error
  }
  return {
    // An issuer out of reach is told by keys.unavailable, and no reason to go on with trust that was taken back.
    ready: issuers.ready().catch(() => undefined),
    commit: () => {
      const replaced = running.current
      running.replace(next.server)
      placeClients()
      replaced.close()
      context.audit.emit(() => ({ name: 'config.reloaded', outcome: 'notice' }))
    },
    discard: close,
  }
}

function lastingOf(options: S2SServerOptions): Partial<S2SServerOptions> {
  const names = isGrantStore(options.grants) ? ([...lastingOptions, 'grants'] as const) : lastingOptions
  const given = names.map((name) => [name, options[name]] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && typeof value !== 'string'))
}

/** Where nobody listens to events, somebody should know that the file and the server differ. */
function warn({ reason = '' }: Pick<AuditEvent, 'reason'>): void {
  process.emitWarning(`the configuration was not replaced: ${reason}`, {
    type: 'PassportS2SWarning',
    code: 'S2S_CONFIG_REJECTED',
  })
}

function describe(error: unknown): Pick<AuditEvent, 'code' | 'path' | 'reason'> {
  if (!(error instanceof S2SError)) return { reason: 'an unexpected error; see what reload() threw' }
  const path = error instanceof ConfigurationError ? error.path : undefined
  return { code: error.code, reason: error.reason, ...(path === undefined ? {} : { path }) }
}
