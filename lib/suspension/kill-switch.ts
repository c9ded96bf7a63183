import type { SuspendOptions, Suspension } from './suspension.ts'

/** Takes trust back at once: from an issuer, an application, a user, or tokens. */
export interface KillSwitch {
  /**
   * Refuses tokens with 401 `ERR_S2S_TOKEN_SUSPENDED` from the next request on, whatever was verified
   * before. Holds on this server when the call returns, and on all servers with the same `state` within a second after the
   * promise resolved. Every suspension ends: after 30 days unless `durationSeconds` says otherwise.
   *
   * @throws (rejects) ConfigurationError `ERR_S2S_OPTION_INVALID` (also for an issuer that is not trusted),
   * `ERR_S2S_OPTION_UNKNOWN`; UnavailableError `ERR_S2S_STATE_UNAVAILABLE`: it holds on this server only, until the state
   * takes it
   */
  suspend(this: void, options: SuspendOptions): Promise<Suspension>
  /**
   * Lifts the suspension of that id; `false` when there is none.
   *
   * @throws (rejects) UnavailableError `ERR_S2S_STATE_UNAVAILABLE`: nothing was lifted
   */
  resume(this: void, id: string): Promise<boolean>
  /**
   * The suspensions that hold now, those of exposed tokens included.
   *
   * @throws (rejects) UnavailableError `ERR_S2S_STATE_UNAVAILABLE`
   */
  suspensions(this: void): Promise<readonly Suspension[]>
}
