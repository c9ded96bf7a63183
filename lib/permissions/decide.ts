import type { DecisionDerivation } from '../audit/audit-event.ts'
import type { CodeOf } from '../foundation/error-codes.ts'
import type { CallerKind } from '../identity/caller-kind.ts'
import type { ProvedBy } from '../binding/prove-possession.ts'
import { deriveDecision, holds } from './derive-decision.ts'
import type { EffectivePermissions } from './effective-permissions.ts'
import type { RequiredProof } from './requirement-forms.ts'
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
export type Decision = Derived &
  (
    | {
        readonly allowed: true
        readonly required: readonly string[]
        /** Only tried: it would have been a refusal. */
        readonly shadow?: ShadowRefusal
      }
    | {
        readonly allowed: false
        readonly code: ShadowRefusal['code']
        readonly required: readonly string[]
        readonly missing: readonly string[]
        readonly reason: string
      }
  )

/** A refusal that shadow mode did not carry out. */
export interface ShadowRefusal {
  readonly code: Exclude<CodeOf<'permission'>, 'ERR_S2S_RESOURCE_NOT_LISTED'> | 'ERR_S2S_PROOF_REQUIRED'
  readonly missing: readonly string[]
  /** What is only tried: the rule, or all rules for callers of the issuer. */
  readonly by: 'rule' | 'issuer'
}

interface Derived {
  /** Works out how it came about, for the operator: a decision is made on every request, and hardly ever asked for this. */
  readonly derive: () => DecisionDerivation
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
  const derive: Derive = (conclusion) => deriveDecision(input, required, conclusion)
  const held = required.filter((name) => holds(effective.permissions, name, input))
  if (!isEnough(held, required, input)) return denyApplication(input, { required, held, derive })
  if (kind === 'app' || userRights === undefined || userRights === 'checked-by-handler') return allow(required, derive)
  const heldByBoth = held.filter((name) => holds(userRights, name, input))
  if (isEnough(heldByBoth, required, input)) return allow(required, derive)
  const missing = held.filter((name) => !heldByBoth.includes(name))
  return deny('ERR_S2S_USER_RIGHT_MISSING', { required, missing, derive })
}

/**
 * The refusal of a caller that did not prove possession of its token as the resource demands; `undefined` when it did. Comes
 * before everything else: nobody is asked about a caller that may be a thief.
 */
export function decideProof(
  { proof, scopes }: Pick<Requirement<never>, 'proof' | 'scopes'>,
  provedBy: ProvedBy,
  { kind, effective: { source } }: Pick<DecisionInput, 'kind' | 'effective'>,
): Denial | undefined {
  if (proof === undefined || (proof === 'any' ? provedBy.length > 0 : provedBy.includes(proof))) return undefined
  const derive: Derive = (conclusion) =>
    Object.freeze({ kind, source, needs: 'proof', permissions: Object.freeze([]), conclusion })
  return deny('ERR_S2S_PROOF_REQUIRED', { required: scopes, missing: [], derive }, requiredProofs[proof])
}

const requiredProofs: Readonly<Record<RequiredProof, string>> = {
  dpop: 'the resource demands a token that is bound to a DPoP key',
  mtls: 'the resource demands a token that is bound to a client certificate',
  any: 'the resource demands a token that is bound to a DPoP key or a client certificate',
}

/** The decision of a resource's own function about a caller: only `true` lets it pass. */
export function decideByFunction(
  answer: unknown,
  { kind, effective: { source } }: Pick<DecisionInput, 'kind' | 'effective'>,
): Decision {
  const derive: Derive = (conclusion) =>
    Object.freeze({ kind, source, needs: 'function', permissions: Object.freeze([]), conclusion })
  if (answer === true) return allow([], derive)
  const code = source === 'grants' ? 'ERR_S2S_GRANT_MISSING' : 'ERR_S2S_SCOPE_MISSING'
  const reason = "the resource's own function did not answer true"
  return deny(code, { required: [], missing: [], derive }, reason)
}

/** How it came about that an anonymous request may use what is public. */
export const anonymousDerivation: DecisionDerivation = Object.freeze({
  needs: 'nothing',
  permissions: Object.freeze([]),
  conclusion: 'allowed',
})

type Derive = (conclusion: DecisionDerivation['conclusion']) => DecisionDerivation

/** The names of which all, or one, are needed from this kind of caller. */
function requiredNames({ requirement, kind }: DecisionInput): readonly string[] {
  if (requirement.type !== 'role') return requirement.scopes
  return [kind === 'app' ? requirement.appRole : requirement.scope]
}

function isEnough(held: readonly string[], required: readonly string[], { requirement }: DecisionInput): boolean {
  return requirement.type === 'any' ? held.length > 0 : held.length === required.length
}

interface ApplicationSide {
  readonly required: readonly string[]
  readonly held: readonly string[]
  readonly derive: Derive
}

function denyApplication(input: DecisionInput, { required, held, derive }: ApplicationSide): Decision {
  const { source, withheld } = input.effective
  const missing = required.filter((name) => !held.includes(name))
  if (source === 'token') return deny('ERR_S2S_SCOPE_MISSING', { required, missing, derive })
  const granted = required.filter((name) => held.includes(name) || (withheld && holds(withheld, name, input)))
  const needsUser = withheld !== undefined && isEnough(granted, required, input)
  return deny(needsUser ? 'ERR_S2S_APP_ONLY_NOT_ALLOWED' : 'ERR_S2S_GRANT_MISSING', { required, missing, derive })
}

type Denial = Extract<Decision, { readonly allowed: false }>

const reasons: Readonly<Record<Denial['code'], string>> = {
  ERR_S2S_PROOF_REQUIRED: 'the caller did not prove that the token is its own',
  ERR_S2S_SCOPE_MISSING: 'the token of the application lacks',
  ERR_S2S_GRANT_MISSING: 'the application has no grant for',
  ERR_S2S_APP_ONLY_NOT_ALLOWED: 'the application may not use on its own (appOnly)',
  ERR_S2S_USER_RIGHT_MISSING: 'the user lacks',
}

function allow(required: readonly string[], derive: Derive): Decision {
  return { allowed: true, required, derive: () => derive('allowed') }
}

interface Lack {
  readonly required: readonly string[]
  readonly missing: readonly string[]
  readonly derive: Derive
}

function deny(code: Denial['code'], { required, missing, derive }: Lack, reason?: string): Denial {
  return {
    allowed: false,
    code,
    required,
    missing,
    reason: reason ?? `${reasons[code]}: ${missing.join(', ')}`,
    derive: () => derive(code),
  }
}
