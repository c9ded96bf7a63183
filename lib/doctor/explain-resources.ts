import type { DecisionDerivation } from '../audit/audit-event.ts'
import type { ErrorCode } from '../foundation/error-codes.ts'
import type { Resources } from '../express/resource-guard.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import type { VerifierOptions } from '../permissions/caller-options.ts'
import { decide, decideProof, type Decision, type DecisionInput } from '../permissions/decide.ts'
import { parseRequirement, type Requirement } from '../permissions/requirement.ts'
import { createPermissionSet, type Permission } from '../permissions/scope.ts'
import { diagnoseDenial } from './diagnoses/diagnose-denial.ts'
import type { Diagnosis } from './finding.ts'
import type { TokenSubject } from './token-subject.ts'

/** A resource that a caller would be refused, and why. */
export interface RefusedResource extends Diagnosis {
  /** The entry of the table: `GET /reports/:id`. */
  readonly resource: string
  readonly outcome: 'refused'
  readonly code: ErrorCode
  /** How it came about; see `explainDecision`. */
  readonly derivation: DecisionDerivation
}

/**
 * What a caller would be allowed at one resource. `depends`: on the request, or on a function that is not called here; then
 * `cause` says on what.
 */
export type ResourceExplanation =
  | RefusedResource
  | { readonly resource: string; readonly outcome: 'allowed'; readonly derivation: DecisionDerivation }
  | { readonly resource: string; readonly outcome: 'depends'; readonly cause: string }

/** What the resources are held against. */
export interface ResourcesContext {
  readonly subject: TokenSubject
  readonly options: VerifierOptions
  readonly context: { readonly userRights?: Iterable<Permission> }
  readonly resources: Resources
}

/**
 * Decides about every resource as the guard would, by the same `decide`; but no function of the application is called.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN` for a requirement that cannot be read
 */
export function explainResources(
  caller: AuthenticatedCaller,
  resources: ResourcesContext,
): readonly ResourceExplanation[] {
  return Object.entries(resources.resources).map(([resource, value]) =>
    explainResource({ resource, requirement: parseRequirement(value, `resources['${resource}']`) }, caller, resources),
  )
}

interface NamedRequirement {
  readonly resource: string
  readonly requirement: Requirement<never>
}

function explainResource(
  { resource, requirement }: NamedRequirement,
  caller: AuthenticatedCaller,
  resources: ResourcesContext,
): ResourceExplanation {
  const { effective, provedBy } = caller
  const { kind } = caller.principal
  const { subject } = resources
  const unproved = decideProof(requirement, provedBy, { kind, effective })
  if (unproved !== undefined) return refused(resource, unproved, { requirement, caller, subject })
  if (requirement.type === 'function') return depends(resource, 'what the function of the resource says')
  const userRights = userSide(caller, resources)
  const known = userRights === 'unknown' ? undefined : userRights
  const decision = decide({ requirement, kind, effective, userRights: known })
  if (!decision.allowed) return refused(resource, decision, { requirement, caller, subject })
  if (userRights === 'unknown' && requirement.scopes.length > 0)
    return depends(resource, 'the rights of the user (userRights)')
  return { resource, outcome: 'allowed', derivation: decision.derive() }
}

function depends(resource: string, on: string): ResourceExplanation {
  return { resource, outcome: 'depends', cause: `it depends on ${on}` }
}

/** What is known of the user's side; `unknown` where a function of the application would be asked. */
function userSide(
  { principal }: AuthenticatedCaller,
  { options, context }: ResourcesContext,
): DecisionInput['userRights'] | 'unknown' {
  if (principal.kind === 'app') return undefined
  if (context.userRights !== undefined) return createPermissionSet(context.userRights)
  if (options.userRights === 'checked-by-handler') return options.userRights
  if (typeof options.userRights === 'function') return 'unknown'
  const profile = principal.user?.profile
  return profile === undefined ? undefined : createPermissionSet(profile.rights ?? [])
}

interface Refused {
  readonly requirement: Requirement<never>
  readonly caller: AuthenticatedCaller
  readonly subject: TokenSubject
}

function refused(
  resource: string,
  decision: Extract<Decision, { allowed: false }>,
  { requirement, caller, subject }: Refused,
): ResourceExplanation {
  const derivation = decision.derive()
  if (requirement.type === 'right' && requirement.container !== undefined) {
    const isLimited = derivation.permissions.some(({ given }) =>
      given.some(({ verdict }) => verdict === 'outside-container'),
    )
    if (isLimited) return depends(resource, 'the container that the request is about')
  }
  return {
    resource,
    outcome: 'refused',
    code: decision.code,
    derivation,
    ...diagnoseDenial({ decision, derivation, requirement, caller, subject }),
  }
}
