import type { Request } from 'express'
import type { AuditEvent } from '../audit/audit-event.ts'
import { PermissionError, RequestError, S2SError, TokenError, UnavailableError } from '../foundation/errors.ts'
import { describeNamed } from '../permissions/caller-audit.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { Decision } from '../permissions/decide.ts'
import type { Requirement } from '../permissions/requirement.ts'
import type { ResourceEntry } from '../permissions/resource-table.ts'
import { ruleName } from '../permissions/rule-name.ts'
import { decideEntry, type Authorization } from './decide-entry.ts'
import { heldOfOffered } from './offered-scopes.ts'
import { correlationIdOf } from './request-record.ts'

/**
 * Holds a caller against every entry that governs the request (nearly always one). Emits one audit event. Gives the
 * decision of the first entry, at once unless a function of the application gives a promise.
 *
 * @throws PermissionError `ERR_S2S_SCOPE_MISSING`, `ERR_S2S_GRANT_MISSING`, `ERR_S2S_APP_ONLY_NOT_ALLOWED`,
 * `ERR_S2S_USER_RIGHT_MISSING`, `ERR_S2S_RESOURCE_NOT_LISTED`, `ERR_S2S_APPLICATION_NOT_ALLOWED`,
 * `ERR_S2S_DELEGATION_NOT_ALLOWED`; TokenError `ERR_S2S_PROOF_REQUIRED`; whatever an application's own function throws
 */
export function authorizeRequest(
  entries: readonly JudgedEntry[],
  authorization: Authorization,
): Decision | Promise<Decision> {
  const [first] = entries
  if (first === undefined) throw notListed(authorization)
  const decided = authorizeEntry(first, authorization)
  if (entries.length === 1) return decided
  return entries
    .slice(1)
    .reduce<Decision | Promise<Decision>>(
      (before, entry) =>
        whenReady(before, (decision) =>
          whenReady(authorizeEntry(entry, authorization), (further) => withShadow(decision, further)),
        ),
      decided,
    )
}

/** The first entry's decision counts; that a further one would have refused is not lost. */
function withShadow(first: Decision, further: Decision): Decision {
  if (!first.allowed || !further.allowed || further.shadow === undefined) return first
  return { shadow: further.shadow, ...first }
}

/** What is held against a caller. */
export type JudgedEntry = Pick<ResourceEntry<Request>, 'name' | 'requirement'>

function authorizeEntry(entry: JudgedEntry, authorization: Authorization): Decision | Promise<Decision> {
  const { requirement } = entry
  const { caller, context } = authorization
  function conclude(decision: Decision): Decision {
    const tried = decision.allowed ? decision : inShadow(decision, requirement, caller)
    auditDecision(entry, tried ?? decision, authorization)
    if (tried === undefined) throw denied(decision as Denial, authorization)
    if (tried.shadow !== undefined) context.shadowCounts.count(ruleName(entry), caller.principal, tried.shadow)
    return tried
  }
  let decided: Decision | Promise<Decision>
  try {
    decided = decideEntry(requirement, authorization)
  } catch (error) {
    return undecided(error, authorization)
  }
  if (!(decided instanceof Promise)) return conclude(decided)
  return decided.catch((error: unknown) => undecided(error, authorization)).then(conclude)
}

type Allowance = Extract<Decision, { allowed: true }>
type Denial = Extract<Decision, { allowed: false }>

/** What becomes of a refusal that is only tried; `undefined` when it is meant. Whoever asks has verified the caller's token. */
function inShadow(
  { code, required, missing, derive }: Denial,
  { shadow }: Requirement<Request>,
  caller: AuthenticatedCaller,
): Allowance | undefined {
  if (shadow !== true && !caller.inShadow) return undefined
  return { allowed: true, required, derive, shadow: { code, missing, by: shadow === true ? 'rule' : 'issuer' } }
}

function undecided(error: unknown, authorization: Authorization): never {
  if (error instanceof S2SError) auditRefusedRequest(error, authorization)
  throw error
}

function denied(
  { code, reason, required, missing }: Denial,
  authorization: Authorization,
): PermissionError | TokenError {
  if (code === 'ERR_S2S_PROOF_REQUIRED') return new TokenError(code, reason)
  const held = required.length === 0 ? [] : heldOfOffered(authorization)
  return new PermissionError(code, reason, { required, missing, held })
}

function notListed(authorization: Authorization): PermissionError {
  const error = new PermissionError('ERR_S2S_RESOURCE_NOT_LISTED', 'no entry of the resource table matches; add one')
  auditRefusedRequest(error, authorization)
  return error
}

function auditDecision(
  { name: resource }: JudgedEntry,
  decision: Decision,
  { request, caller, context }: Authorization,
): void {
  context.audit.emit(() => ({
    ...outcomeOf(decision),
    correlationId: correlationIdOf(request, context.correlationIdHeader),
    ...describeCaller(caller),
    method: request.method,
    resource,
    required: decision.required,
    derivation: decision.derive(),
  }))
}

function outcomeOf(
  decision: Decision,
): Pick<AuditEvent, 'name' | 'outcome' | 'code' | 'reason' | 'missing' | 'shadow'> {
  if (!decision.allowed) {
    const { code, reason, missing } = decision
    return { name: 'access.denied', outcome: 'refused', code, reason, missing }
  }
  if (decision.shadow === undefined) return { name: 'access.allowed', outcome: 'accepted' }
  const { code, missing, by: shadow } = decision.shadow
  return { name: 'access.would-be-refused', outcome: 'notice', code, missing, shadow }
}

/** One event for a request that was refused, or could not be judged, before an entry was held against it. */
export function auditRefusedRequest(
  error: S2SError,
  { request, caller, context }: Omit<Authorization, 'caller'> & Partial<Pick<Authorization, 'caller'>>,
): void {
  context.audit.emit(() => ({
    ...eventOf(error),
    code: error.code,
    ...(error.reason === undefined ? {} : { reason: error.reason }),
    correlationId: correlationIdOf(request, context.correlationIdHeader),
    ...(caller === undefined ? {} : describeCaller(caller)),
    method: request.method,
  }))
}

function eventOf(error: S2SError): Pick<AuditEvent, 'name' | 'outcome'> {
  if (error instanceof UnavailableError) return { name: 'verifier.unavailable', outcome: 'unavailable' }
  return { name: error instanceof RequestError ? 'request.rejected' : 'access.denied', outcome: 'refused' }
}

function describeCaller({ principal }: AuthenticatedCaller): Partial<AuditEvent> {
  return { issuer: principal.issuer, ...describeNamed(principal) }
}
