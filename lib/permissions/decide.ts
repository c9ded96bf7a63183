import type { CodeOf } from '../foundation/error-codes.ts'
import type { CallerKind } from '../identity/caller-kind.ts'
import type { EffectivePermissions } from './effective-permissions.ts'
import type { Requirement } from './requirement.ts'
import type { PermissionSet } from './scope.ts'

/** A requirement that needs nothing but permissions; the function form is the guard's own business. */
export type DecidableRequirement = Exclude<Requirement<never>, { readonly type: 'function' }>

/** What a decision is made of. */
export interface DecisionInput {
  readonly requirement: DecidableRequirement
  readonly kind: CallerKind
  readonly effective: EffectivePermissions
  /** What the user may do. `undefined` when an application acts on its own, and when no `userRights` are configured. */
  readonly userRights?: PermissionSet | 'checked-by-handler' | undefined
  /** The container that the request is about, for a right. */
  readonly container?: string | undefined
}

/** Whether a caller may pass, or what it lacks. Names only what the resource table says, nothing of the token. */
export type Decision =
  | { readonly allowed: true; readonly required: readonly string[] }
  | {
      readonly allowed: false
      readonly code: Exclude<CodeOf<'permission'>, 'ERR_S2S_RESOURCE_NOT_LISTED'>
      readonly required: readonly string[]
      readonly missing: readonly string[]
      readonly reason: string
    }

/**
 * Decides whether a caller may use a resource: the application must hold what is required, and when it acts for a user
 * whose rights are known, the user must hold the same. A caller for a user is never judged as an application on its own.
 *
 * Pure. Does not verify who calls (see `CallerAuthenticator`) nor which resource is meant (see `createResourceTable`).
 *
 * @see MS-SPS2SAUTH; Add-in authorization policy types in SharePoint
 */
export function decide(input: DecisionInput): Decision {
  const { effective, kind, userRights } = input
  const required = requiredNames(input)
  const held = required.filter((name) => holds(effective.permissions, name, input))
  if (!isEnough(held, required, input)) return denyApplication(input, required, held)
  if (kind === 'app' || userRights === undefined || userRights === 'checked-by-handler') {
    return { allowed: true, required }
  }
  const heldByBoth = held.filter((name) => holds(userRights, name, input))
  if (isEnough(heldByBoth, required, input)) return { allowed: true, required }
  const missing = held.filter((name) => !heldByBoth.includes(name))
  return deny('ERR_S2S_USER_RIGHT_MISSING', required, missing)
}

/** The names of which all, or one, are needed from this kind of caller. */
function requiredNames({ requirement, kind }: DecisionInput): readonly string[] {
  if (requirement.type !== 'role') return requirement.scopes
  return [kind === 'app' ? requirement.appRole : requirement.scope]
}

function holds(set: PermissionSet, name: string, { requirement, container }: DecisionInput): boolean {
  return requirement.type === 'right' ? set.covers(requirement.scope, requirement.right, container) : set.has(name)
}

function isEnough(held: readonly string[], required: readonly string[], { requirement }: DecisionInput): boolean {
  return requirement.type === 'any' ? held.length > 0 : held.length === required.length
}

function denyApplication(input: DecisionInput, required: readonly string[], held: readonly string[]): Decision {
  const { source, withheld } = input.effective
  const missing = required.filter((name) => !held.includes(name))
  if (source === 'token') return deny('ERR_S2S_SCOPE_MISSING', required, missing)
  const granted = required.filter((name) => held.includes(name) || (withheld && holds(withheld, name, input)))
  const needsUser = withheld !== undefined && isEnough(granted, required, input)
  return deny(needsUser ? 'ERR_S2S_APP_ONLY_NOT_ALLOWED' : 'ERR_S2S_GRANT_MISSING', required, missing)
}

type Denial = Extract<Decision, { readonly allowed: false }>

const reasons: Readonly<Record<Denial['code'], string>> = {
  ERR_S2S_SCOPE_MISSING: 'the token of the application lacks',
  ERR_S2S_GRANT_MISSING: 'the application has no grant for',
  ERR_S2S_APP_ONLY_NOT_ALLOWED: 'the application may not use on its own (appOnly)',
  ERR_S2S_USER_RIGHT_MISSING: 'the user lacks',
}

function deny(code: Denial['code'], required: readonly string[], missing: readonly string[]): Denial {
  return { allowed: false, code, required, missing, reason: `${reasons[code]}: ${missing.join(', ')}` }
}
