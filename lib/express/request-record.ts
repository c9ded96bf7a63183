import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { DecisionDerivation } from '../audit/audit-event.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import type { ShadowRefusal } from '../permissions/decide.ts'
import type { GuardContext } from './guard-context.ts'
import type { Refusal } from './refusal.ts'
import type { S2SServer } from './authenticate-request.ts'

/** What the second middleware decided about a request. */
export interface S2SDecision {
  /** The entry of the resource table, such as `GET /reports/:id`; the requirement itself for `requirePermission`. */
  readonly resource: string
  /** Scope names the resource required. */
  readonly required: readonly string[]
  /** Always: of a request that is refused no handler sees anything. */
  readonly allowed: true
  /** Shadow mode: the refusal that was not carried out. For logs and operators, not for the caller. */
  readonly shadow?: ShadowRefusal
  /**
   * How it came about: who held what, and by which grant. For logs and operators, never for the caller; therefore it is
   * not enumerable, and `response.json(decisionOf(request))` does not hold it. Worked out when it is asked for.
   */
  readonly derivation: DecisionDerivation
}

interface RequestRecord {
  caller: AuthenticatedCaller | undefined
  /** Whose verification registered the caller. */
  context: GuardContext | undefined
  /** The entry of the resource table that let the request pass. */
  decided: DecidedEntry | undefined
  /** How that came about. */
  derive: (() => DecisionDerivation) | undefined
  /** The refusal that shadow mode did not carry out. */
  shadow: ShadowRefusal | undefined
  /** What handlers see of both, once one of them asked. */
  decision: S2SDecision | undefined
  refusal: Refusal | undefined
  correlationId: string | undefined
  /** The configurations it is judged by, one of each server that saw it. */
  servers: readonly S2SServer[] | undefined
}

/** By request, never by the shape of `req.user`: a restored session or another strategy's user is not in here. */
const records = new WeakMap<object, RequestRecord>()

/** The record of a request; made when it is not there yet. */
export function recordOf(request: object): RequestRecord {
  let record = records.get(request)
  if (record === undefined) {
    // All members at once: each that came later would be a new shape.
    record = {
      caller: undefined,
      context: undefined,
      decided: undefined,
      derive: undefined,
      shadow: undefined,
      decision: undefined,
      refusal: undefined,
      correlationId: undefined,
      servers: undefined,
    }
    records.set(request, record)
  }
  return record
}

interface DecidedEntry {
  readonly name: string
  readonly requirement: { readonly scopes: readonly string[] }
}

/** What is kept of a decision. */
interface KeptDecision {
  readonly derive: () => DecisionDerivation
  readonly shadow?: ShadowRefusal | undefined
}

/** Remembers which entry let a request pass; what handlers see of it is made when the first of them asks. */
export function keepDecision(request: object, entry: DecidedEntry, { derive, shadow }: KeptDecision): void {
  const record = recordOf(request)
  record.decided = entry
  record.derive = derive
  record.shadow = shadow
  record.decision = undefined
}

/** What a further guard would have refused; what handlers see of the decision is made again. */
export function keepShadow(request: object, shadow: ShadowRefusal): void {
  const record = recordOf(request)
  record.shadow ??= shadow
  record.decision = undefined
}

function describeDecision({ name, requirement }: DecidedEntry, { derive, shadow }: KeptDecision): S2SDecision {
  let derivation: DecisionDerivation | undefined
  const decision = {
    resource: name,
    required: Object.freeze([...requirement.scopes]),
    allowed: true,
    ...(shadow === undefined ? {} : { shadow: Object.freeze({ ...shadow }) }),
  }
  Object.defineProperty(decision, 'derivation', { get: () => (derivation ??= derive()) })
  return Object.freeze(decision as S2SDecision)
}

/** The correlation id of a request: the configured header's value when it is harmless, else a new one. */
export function correlationIdOf(request: IncomingMessage, header: string | undefined): string {
  const record = recordOf(request)
  const given = header === undefined ? undefined : request.headers[header]
  record.correlationId ??= typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID()
  return record.correlationId
}

/**
 * The principal of a request that passport-s2s authenticated.
 *
 * @throws ConfigurationError `ERR_S2S_NOT_PROTECTED` when it did not (or the request is anonymous)
 */
export function principalOf(request: object): S2SPrincipal {
  const caller = records.get(request)?.caller
  if (caller !== undefined) return caller.principal
  throw new ConfigurationError(
    'ERR_S2S_NOT_PROTECTED',
    'this request has no caller authenticated by passport-s2s; mount s2s.protect() or passport.authenticate before it',
  )
}

/**
 * What the second middleware decided about a request.
 *
 * @throws ConfigurationError `ERR_S2S_NOT_PROTECTED` when none did
 */
export function decisionOf(request: object): S2SDecision {
  const record = records.get(request)
  if (record?.decided !== undefined && record.derive !== undefined) {
    return (record.decision ??= describeDecision(record.decided, { derive: record.derive, shadow: record.shadow }))
  }
  throw new ConfigurationError(
    'ERR_S2S_NOT_PROTECTED',
    'nothing decided about this request; mount s2s.protect() or s2s.protectResources() before it',
  )
}
