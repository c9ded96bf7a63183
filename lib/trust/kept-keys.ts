import { isDeepStrictEqual } from 'node:util'
import type { RefreshingValue } from '../foundation/refreshing-value.ts'
import type { RemoteKeysOptions } from './issuer-options.ts'
import type { TrustContext } from './trusted-issuer.ts'

/** Where keys are fetched, and all that decides which of them are believed. */
export interface KeyOrigin {
  readonly kind: 'openid' | 's2s-metadata'
  /** Addresses, expected names, pins: plain data. */
  readonly place: object
  readonly options: RemoteKeysOptions
}

interface KeptSource {
  readonly origin: KeyOrigin
  readonly context: TrustContext
  readonly keys: RefreshingValue<unknown>
}

/**
 * The fetched keys of one configuration, so that the next one need not fetch them again, and loses none while an issuer is
 * out of reach. They are handed on only for the same place, asked over the same TLS, by a server of the same name, and when
 * no key became this server's own meanwhile.
 */
export class KeptKeys {
  private readonly sources: KeptSource[] = []
  private before: KeptKeys | undefined

  constructor(before?: KeptKeys) {
    this.before = before
  }

  keep(source: KeptSource): void {
    this.sources.push(source)
  }

  /** Where the same keys came from under the configuration before. */
  earlier(origin: KeyOrigin, context: TrustContext): RefreshingValue<unknown> | undefined {
    return this.before?.sources.find((source) => isSame(source, origin, context))?.keys
  }

  /** Stops all of them; for a configuration that came to nothing. */
  close(): void {
    for (const { keys } of this.sources) keys.close()
  }

  /** From now on nothing is taken over any more: issuers that are added later begin anew. */
  settle(): void {
    this.before = undefined
  }
}

function isSame(
  { origin, context: earlier }: KeptSource,
  { kind, place, options }: KeyOrigin,
  now: TrustContext,
): boolean {
  return (
    origin.kind === kind &&
    earlier.clock === now.clock &&
    earlier.ownName === now.ownName &&
    [...now.ownKeys].every((key) => earlier.ownKeys.has(key)) &&
    isDeepStrictEqual(origin.place, place) &&
    isDeepStrictEqual(transportOf(origin.options, earlier), transportOf(options, now))
  )
}

function transportOf({ agent, ca, fetch }: RemoteKeysOptions, { fetchOptions }: TrustContext): readonly unknown[] {
  return [agent ?? fetchOptions.agent, ca ?? fetchOptions.ca, fetch ?? fetchOptions.fetch]
}
