import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError, TokenError } from '../foundation/errors.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { FleetSuspensions } from './fleet-suspensions.ts'
import type { KillSwitch } from './kill-switch.ts'
import type { TokenFacts } from './match-suspension.ts'
import { createStatePoller, type StatePoller } from './state-poller.ts'
import { suspendExposed, type ExposedToken } from './suspend-exposed.ts'
import { createSuspensionAudit, type SuspensionAudit } from './suspension-audit.ts'
import { SuspensionTable } from './suspension-table.ts'
import { readSuspendOptions, type SuspendOptions, type Suspension } from './suspension.ts'

/** Options of `createSuspensions`. */
export interface SuspensionsOptions {
  /** What the fleet shares. Without it suspensions are those of this server, and end with it. */
  readonly state: S2SState | undefined
  readonly clock: Clock
}

/** What the configuration in force says of suspensions. */
export interface SuspensionSettings {
  /** How long (seconds) the last known list serves while the state is out of reach. Default 60. */
  readonly stateStaleSeconds?: number | undefined
  readonly audit: Pick<AuditLog, 'emit'>
  /** Whether a trusted issuer has this name or `iss`; a mistyped name would suspend nobody. */
  readonly isKnownIssuer: (issuer: string) => boolean
}

/** Who is suspended on one server. */
export interface Suspensions extends KillSwitch {
  /** Suspends a token that was exposed; `undefined` when it is already, has ended, or its issuer has too many. */
  burn(this: void, token: ExposedToken): Suspension | undefined
  /** @throws TokenError `ERR_S2S_TOKEN_SUSPENDED`, `ERR_S2S_TOKEN_EXPOSED` */
  check(this: void, facts: TokenFacts): void
  /** Calls for each one that takes effect, before the next token is judged. What is given ends it. */
  onAdded(this: void, listener: (suspension: Suspension) => void): () => void
  /** From now on they serve this configuration. Before the first one nothing is audited, and no issuer is known. */
  serve(this: void, settings: SuspensionSettings): void
  /** Whether a user is suspended, so that it must be told who a user is here. */
  concernsUsers(this: void): boolean
  /** Another number after each one that took effect. */
  version(this: void): number
  /** See `StatePoller`; never a promise without a shared state. */
  current(this: void): undefined | Promise<void>
  /** Whether it is known who is suspended, without a look; always without a shared state. */
  areKnown(this: void): boolean
  close(this: void): void
}

/** How many suspensions operators may have at once. */
const maximumSuspensions = 10_000

/** Creates the suspensions of one server. They hold here first; the fleet follows. */
export function createSuspensions(options: SuspensionsOptions): Suspensions {
  const register = new Register(options)
  const { table, poller } = register
  return {
    suspend: (given) => register.suspend(given),
    resume: (id) => register.resume(id),
    suspensions: async () => {
      await poller?.current()
      return table.list()
    },
    burn: (token) => register.burn(token),
    check: (facts) => {
      const found = table.find(facts)
      if (found !== undefined) throw refusalFor(found)
    },
    onAdded: (listener) => {
      register.listeners.add(listener)
      return () => register.listeners.delete(listener)
    },
    serve: (settings) => {
      register.settings = settings
    },
    concernsUsers: () => table.users > 0,
    version: () => table.version,
    current: poller === undefined ? () => undefined : poller.current,
    areKnown: poller === undefined ? () => true : poller.isFresh,
    close: () => {
      poller?.close()
    },
  }
}

const nobody: Pick<AuditLog, 'emit'> = { emit: () => undefined }

/** The state behind `Suspensions`. */
class Register {
  readonly table: SuspensionTable
  readonly poller: StatePoller | undefined
  readonly listeners = new Set<(suspension: Suspension) => void>()
  settings: SuspensionSettings = { audit: nobody, isKnownIssuer: () => false }
  readonly #options: SuspensionsOptions
  readonly #audit: SuspensionAudit
  readonly #fleet: FleetSuspensions | undefined

  constructor(options: SuspensionsOptions) {
    const { state, clock } = options
    const audit = createSuspensionAudit({
      emit: (build) => {
        this.settings.audit.emit(build)
      },
    })
    this.#options = options
    this.#audit = audit
    this.table = new SuspensionTable(clock)
    if (state === undefined) return
    const onLearnt = (suspension: Suspension): void => {
      this.#takeEffect(suspension)
      audit.added(suspension)
    }
    const fleet = new FleetSuspensions(state.suspensions, this.table, { ...audit, onLearnt })
    this.#fleet = fleet
    this.poller = createStatePoller({
      look: () => fleet.look(),
      apply: (seen) => {
        fleet.apply(seen)
      },
      clock,
      staleSeconds: () => this.settings.stateStaleSeconds ?? 60,
      onFailure: audit.stateFailed,
      onRecovery: audit.stateRecovered,
    })
  }

  async suspend(options: SuspendOptions): Promise<Suspension> {
    const suspension = this.#read(options)
    this.table.add(suspension)
    this.#takeEffect(suspension)
    this.#audit.added(suspension, options.reason ?? '')
    await this.#share(suspension)
    return suspension
  }

  burn(token: ExposedToken): Suspension | undefined {
    const burnt = suspendExposed(token, this.table, this.#options.clock())
    if (burnt === 'full') this.#audit.notBurnt(token)
    if (typeof burnt === 'string' || !this.table.add(burnt)) return undefined
    this.#takeEffect(burnt)
    // What the state did not take is in the audit log, and is put again.
    this.#share(burnt).catch(() => undefined)
    return burnt
  }

  async resume(id: string): Promise<boolean> {
    const known = this.table.get(id)
    const wasShared = await this.#fleet?.delete(id)
    const wasKnown = this.table.delete(id)
    if (!wasKnown && wasShared !== true) return false
    this.#audit.removed(known ?? { id })
    return true
  }

  #read(options: SuspendOptions): Suspension {
    try {
      const suspension = readSuspendOptions(options, randomUUID(), this.#options.clock())
      if (suspension.issuer !== undefined && !this.settings.isKnownIssuer(suspension.issuer)) {
        throw invalid('suspend.issuer is not among trustedIssuers; write its name or iss')
      }
      if (this.table.list().filter(({ exposed }) => exposed === undefined).length >= maximumSuspensions) {
        throw invalid(`there are ${maximumSuspensions} suspensions; suspend a whole issuer or application instead`)
      }
      return suspension
    } catch (error) {
      this.#audit.refused(error)
      throw error
    }
  }

  #takeEffect(suspension: Suspension): void {
    for (const listener of this.listeners) listener(suspension)
  }

  async #share(suspension: Suspension): Promise<void> {
    try {
      await this.#fleet?.put(suspension)
    } catch (error) {
      this.#audit.notShared(suspension)
      throw error
    }
  }
}

function refusalFor({ id, exposed }: Suspension): TokenError {
  return exposed === true
    ? new TokenError('ERR_S2S_TOKEN_EXPOSED', `the token was sent over plain http (suspension ${id})`)
    : new TokenError('ERR_S2S_TOKEN_SUSPENDED', `suspension ${id}`)
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}
