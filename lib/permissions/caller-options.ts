import { z } from 'zod'
import type { AuditEvent } from '../audit/audit-event.ts'
import { dpopOptionsSchema, type DpopOptions } from '../binding/dpop-options.ts'
import type { Clock } from '../foundation/clock.ts'
import { fetchOptionsSchema, type FetchJsonOptions } from '../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { S2SUser } from '../identity/principal.ts'
import { profileOptionsShape, type FindProfiles, type ProfileOptions } from '../identity/rehydrate-user.ts'
import type { TrustedIssuerOptions } from '../trust/issuer-options.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { selfSchema, type SelfOptions } from '../trust/self.ts'
import { grantSchema, type Grant, type GrantStore } from './grants.ts'
import type { Permission } from './scope.ts'

/**
 * What a named user may do here, asked for each request that acts for a user; intersected with what the application
 * holds. `request` is Express's request, or what the caller of the verifier gave.
 */
export type UserRights<Request = unknown> = (
  user: S2SUser,
  request: Request,
) => Iterable<Permission> | Promise<Iterable<Permission>>

/** Options of a verifier; the agent, ca, fetch and limits are the defaults for all issuers. */
export interface VerifierOptions<Request = never> extends FetchJsonOptions {
  /** Who this server is to S2S callers. Needed by S2S issuers. */
  readonly self?: SelfOptions
  /** The value(s) OAuth tokens carry in `aud` when they are meant for this server. Needed by OAuth issuers. */
  readonly audience?: string | readonly string[]
  /**
   * Accept tokens that are bound to a DPoP key, under the scheme `DPoP` with a proof (RFC 9449). Default: they are refused. The
   * ids of proofs are used up in `state`; without it in the memory of this process.
   */
  readonly dpop?: DpopOptions
  /** Whom we believe. */
  readonly trustedIssuers: readonly TrustedIssuerOptions[]
  /** What this server granted to S2S applications. Default: nothing. */
  readonly grants?: readonly Grant[] | GrantStore
  /**
   * Finds the profiles of users whom S2S applications name. A user must have exactly one: otherwise the call is refused.
   */
  readonly findProfiles?: FindProfiles
  /** How `findProfiles` is asked. */
  readonly profileOptions?: ProfileOptions & {
    /** Look up the users of OAuth tokens (`sub`, as attribute `nameid`) as well. Default `false`. */
    readonly includeOAuthUsers?: boolean
  }
  /**
   * The user's side of delegated calls. Default with `findProfiles`: the `rights` of the profile, none when it has none.
   * Without both no issuer may have `allowDelegation`.
   */
  readonly userRights?: UserRights<Request> | 'checked-by-handler'
  /**
   * What the servers of a fleet share: suspensions hold on all of them within a second, and after a restart. Default: this
   * server shares nothing.
   */
  readonly state?: S2SState
  /**
   * How long (seconds) the last known suspensions serve while `state` cannot be read; after that every caller is refused with
   * 503 `ERR_S2S_STATE_UNAVAILABLE`. Default 60.
   */
  readonly stateStaleSeconds?: number
  /** Seconds since 1970. Default: the system clock. */
  readonly clock?: Clock
  /** Is told every decision. Never gets a token. Must not throw; an error in it never changes an answer. */
  readonly onAuditEvent?: (event: AuditEvent) => void
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isState = (value: unknown): boolean => {
  const { useOnce, suspensions } = (value ?? {}) as Partial<S2SState>
  const { put, delete: remove, list, version } = (suspensions ?? {}) as Partial<S2SState['suspensions']>
  return [useOnce, put, remove, list, version].every(isFunction)
}
const text = z.string().min(1, 'is empty')

/**
 * The members of the verifier's options; `express/` adds its own.
 *
 * @internal
 */
export const verifierOptionsShape = {
  ...fetchOptionsSchema.shape,
  self: selfSchema.optional(),
  audience: z.union([text, z.array(text).min(1, 'is empty; leave it out instead')]).optional(),
  dpop: dpopOptionsSchema.optional(),
  trustedIssuers: z.array(z.unknown()),
  grants: z
    .union([z.array(grantSchema), z.custom((value) => isFunction((value as Partial<GrantStore> | null)?.grantsOf))])
    .optional(),
  findProfiles: z.custom(isFunction, 'must be a function that gives the profiles of an identifier').optional(),
  profileOptions: optionsObject({ ...profileOptionsShape, includeOAuthUsers: z.boolean().optional() }).optional(),
  userRights: z.union([z.literal('checked-by-handler'), z.custom(isFunction)]).optional(),
  state: z.custom(isState, 'must be a shared state, such as createMemoryState()').optional(),
  stateStaleSeconds: z.number().min(1).optional(),
  clock: z.custom(isFunction, 'must be a function that gives seconds').optional(),
  onAuditEvent: z.custom(isFunction, 'must be a function').optional(),
}

const verifierOptionsSchema = optionsObject(verifierOptionsShape)

/**
 * Checks the options of a verifier; each trusted issuer is checked by the register.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function parseVerifierOptions(options: VerifierOptions): VerifierOptions {
  parseOptions(verifierOptionsSchema, options, 'options')
  return options
}
