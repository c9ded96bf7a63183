import type { RunningServer } from './express/running-server.ts'
import type { TrustedIssuerOptions } from './trust/issuer-options.ts'

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

/** The issuers of whatever configuration is in force. */
export function runningIssuersOf(running: RunningServer): RunningIssuers {
  return {
    add: (issuer) => {
      running.current.issuers.add(issuer)
    },
    remove: (name) => running.current.issuers.remove(name),
    list: () => running.current.issuers.list().map(({ name, issuerNames }) => ({ name, issuerNames })),
  }
}
