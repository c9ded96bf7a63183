import type { AuditEvent } from '../audit/audit-event.ts'
import { fetchJson, type FetchJsonOptions } from '../foundation/fetch-json.ts'
import { S2SError } from '../foundation/errors.ts'
import { createRefreshingValue, type RefreshingValue } from '../foundation/refreshing-value.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { RemoteKeysOptions } from './issuer-options.ts'
import type { TrustContext } from './trusted-issuer.ts'

/** Fetches one JSON document with the issuer's options, or the server's where the issuer has none. */
export function createFetcher(options: RemoteKeysOptions, context: TrustContext): (url: string) => Promise<JsonObject> {
  const { agent, ca, fetch, timeoutMilliseconds, maximumBytes } = options
  const own: FetchJsonOptions = {
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
    ...(maximumBytes === undefined ? {} : { maximumBytes }),
  }
  const merged = { ...context.fetchOptions, ...own }
  return (url) => fetchJson(url, merged)
}

/** One remote thing of an issuer: kept fresh, last-known-good through an outage, audited. */
export interface RemoteSource<T> {
  /** The issuer's name in audit events. */
  readonly name: string
  readonly options: RemoteKeysOptions
  readonly context: TrustContext
  load(this: void): Promise<T>
}

/** Wraps a loader in a refreshing value whose successes and failures are audited. */
export function createRemoteSource<T>({ name, options, context, load }: RemoteSource<T>): RefreshingValue<T> {
  return createRefreshingValue({
    load,
    refreshSeconds: options.keysRefreshSeconds ?? 600,
    staleSeconds: options.keysStaleSeconds ?? 14_400,
    clock: context.clock,
    onRefreshed: () => {
      context.audit.emit(() => ({ name: 'keys.refreshed', outcome: 'notice', issuer: name }))
    },
    onFailure: (error, lastKnownGoodUsed) => {
      context.audit.emit(() => ({
        name: 'keys.unavailable',
        outcome: lastKnownGoodUsed ? 'notice' : 'unavailable',
        issuer: name,
        ...describe(error),
      }))
    },
  })
}

function describe(error: unknown): Pick<AuditEvent, 'code' | 'reason'> {
  if (error instanceof S2SError) return { code: error.code, reason: error.reason ?? error.message }
  return { code: 'ERR_S2S_KEYS_UNREACHABLE', reason: String(error) }
}
