import { z } from 'zod'
import type { CallerDerivation } from '../audit/audit-event.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import type { Caller } from '../identity/principal.ts'
import { formatPrincipalName } from '../tokens/principal-name.ts'

/** One application, as grants name it. */
export interface RequiredApplication {
  /** The name of the trusted issuer, or its `iss`: the same application id of another issuer is somebody else. */
  readonly issuer: string
  /** `id` (in any realm of that issuer) or `id@realm`; exact, case-sensitive. */
  readonly application: string
}

/** Who may call at all, whatever permissions it holds: every condition that is there must hold. */
export interface CallerCondition {
  /** Only these applications. Default: any. */
  readonly applications?: readonly RequiredApplication[]
  /**
   * `'user'`: only calls on behalf of a user whom the token names; `'nobody'`: only applications on their own. A token that
   * does not tell is neither. Default: either.
   */
  readonly onBehalfOf?: 'user' | 'nobody'
}

const text = z.string().min(1, 'is empty')

/** The members of the option schema. @internal */
export const callerConditionShape = {
  applications: z
    .array(optionsObject({ issuer: text, application: text }))
    .min(1, 'is empty; leave it out, or leave the resource out of the table: then it is open to nobody')
    .optional(),
  onBehalfOf: z.enum(['user', 'nobody']).optional(),
}

/** Who calls, as far as conditions ask. */
export interface JudgedCaller extends Pick<Caller, 'kind' | 'kindIsCertain' | 'application' | 'user'> {
  /** The issuer's name, and the `iss` of the token. */
  readonly issuerNames: readonly string[]
}

/** Why a condition does not hold. */
export interface ConditionRefusal {
  readonly code: 'ERR_S2S_APPLICATION_NOT_ALLOWED' | 'ERR_S2S_APP_ONLY_NOT_ALLOWED' | 'ERR_S2S_DELEGATION_NOT_ALLOWED'
  readonly reason: string
}

/**
 * Holds a caller against the condition of a resource; `undefined`: it holds. Where nobody says who calls, none does.
 *
 * Does not ask what the caller may do (see `decide`).
 */
export function refusalOfCaller(
  condition: CallerCondition,
  caller: JudgedCaller | undefined,
): ConditionRefusal | undefined {
  const { application, onBehalfOf, actsFor } = deriveCaller(condition, caller)
  if (application === 'not-listed') {
    return { code: 'ERR_S2S_APPLICATION_NOT_ALLOWED', reason: 'the resource is for other applications only' }
  }
  if (onBehalfOf === undefined || onBehalfOf === actsFor) return undefined
  return onBehalfOf === 'user'
    ? {
        code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED',
        reason: 'the resource is for calls on behalf of a user only (onBehalfOf)',
      }
    : {
        code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
        reason: 'the resource is for applications on their own only (onBehalfOf)',
      }
}

/** How a caller stands to the condition of a resource. */
export function deriveCaller(
  { applications, onBehalfOf }: CallerCondition,
  caller: JudgedCaller | undefined,
): CallerDerivation {
  const isListed = caller !== undefined && applications?.some((one) => isCalled(one, caller)) === true
  return Object.freeze({
    ...(applications === undefined ? {} : { application: isListed ? 'listed' : 'not-listed' }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    actsFor: actsForOf(caller),
  } satisfies CallerDerivation)
}

function isCalled({ issuer, application }: RequiredApplication, caller: JudgedCaller): boolean {
  const { id, realm } = caller.application
  if (!caller.issuerNames.includes(issuer)) return false
  return application === id || (realm !== undefined && application === formatPrincipalName({ id, realm }))
}

function actsForOf(caller: JudgedCaller | undefined): CallerDerivation['actsFor'] {
  if (caller?.kindIsCertain !== true) return 'unknown'
  if (caller.kind === 'app') return 'nobody'
  const { id, upn, smtp, sip } = caller.user ?? {}
  return [id, upn, smtp, sip].some((name) => name !== undefined) ? 'user' : 'unknown'
}
