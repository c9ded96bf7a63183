import type { AuditEvent } from '../audit/audit-event.ts'
import { fetchJson, type FetchJsonOptions, type ObserveAnswer } from '../foundation/fetch-json.ts'
import { keyRefreshChannel } from '../audit/diagnostics-channels.ts'
import type { KeyRefreshMessage } from '../audit/diagnostics-messages.ts'
import { traceWork } from '../audit/trace-work.ts'
import { S2SError, UnavailableError } from '../foundation/errors.ts'
import { createRefreshingValue, type RefreshingValue } from '../foundation/refreshing-value.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { authorizationFor, type DiscoveryToken } from './discovery-token.ts'
import { codeOfFailure } from './issuer-health.ts'
import type { KeyOrigin } from './kept-keys.ts'
import type { TrustContext } from './trusted-issuer.ts'

/** Fetches one of the documents of a look. */
export type DocumentFetch = (url: string) => Promise<JsonObject>

/** Options of a fetcher: of an issuer's documents, and who we are to it where it asks. */
export interface FetcherOptions extends FetchJsonOptions {
  readonly discoveryToken?: DiscoveryToken | undefined
}

/**
 * Fetches JSON documents with the issuer's options, or the server's where the issuer has none. What is given begins one
 * look at the issuer: its documents share one deadline (`timeoutMilliseconds`, default 5000), because requests wait for all
 * of them. A rest of less than a tenth is not worth a connection.
 *
 * The documents reject with UnavailableError: see `fetchJson`.
 */
export function createFetcher(
  options: FetcherOptions,
  context: Pick<TrustContext, 'fetchOptions'>,
  observe?: ObserveAnswer,
): () => DocumentFetch {
  const merged = fetchOptionsOf(options, context)
  const allowed = merged.timeoutMilliseconds ?? 5000

  return function beginLook() {
    const startedAt = performance.now()
    return async function fetchDocument(url) {
      const left = Math.ceil(allowed - (performance.now() - startedAt))
      if (left < allowed / 10) {
        throw new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', `no time is left of ${allowed} ms to fetch ${url}`)
      }
      const authorization = await authorizationFor(url, options.discoveryToken)
      return fetchJson(url, { ...merged, authorization, timeoutMilliseconds: left }, observe)
    }
  }
}

/** How an issuer is asked: its own options, or the server's where it has none. */
export function fetchOptionsOf(
  { agent, ca, fetch, timeoutMilliseconds, maximumBytes }: FetchJsonOptions,
  { fetchOptions }: Pick<TrustContext, 'fetchOptions'>,
): FetchJsonOptions {
  return {
    ...fetchOptions,
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds }),
    ...(maximumBytes === undefined ? {} : { maximumBytes }),
  }
}

/** One remote thing of an issuer: kept fresh, last-known-good through an outage, audited. */
export interface RemoteSource<T> {
  /** The issuer's name in audit events. */
  readonly name: string
  /** What `load` depends on; two sources of the same kind load the same type. */
  readonly origin: KeyOrigin
  readonly context: TrustContext
  load(this: void): Promise<T>
}

/**
 * Wraps a loader in a refreshing value whose successes and failures are audited, and told to the key refresh channel; what was
 * loaded under the configuration before serves on.
 */
export function createRemoteSource<T>(source: RemoteSource<T>): RefreshingValue<T> {
  const { name, origin, context, load } = source
  const { options } = origin
  const keys = createRefreshingValue({
    load: () => (keyRefreshChannel.hasSubscribers ? traceRefresh(source) : load()),
    earlier: context.keptKeys?.earlier(origin, context) as RefreshingValue<T> | undefined,
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
  context.keptKeys?.keep({ origin, context, keys })
  return keys
}

function describe(error: unknown): Pick<AuditEvent, 'code' | 'reason'> {
  const reason = error instanceof S2SError ? (error.reason ?? error.message) : String(error)
  return { code: codeOfFailure(error), reason }
}

async function traceRefresh<T>({ name, context, load }: RemoteSource<T>): Promise<T> {
  return traceWork<KeyRefreshMessage, T>(keyRefreshChannel, {
    message: { source: context.audit.source, issuer: name },
    work: load,
    describeResult: () => ({ outcome: 'refreshed' }),
    describeError: (error) => ({ outcome: 'failed', code: codeOfFailure(error) }),
  })
}
