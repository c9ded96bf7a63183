import type { DecisionDerivation } from '../../audit/audit-event.ts'
import { inLowerCase } from '../../foundation/lower-case.ts'
import { nearestName } from '../../foundation/nearest-name.ts'
import type { AuthenticatedCaller } from '../../permissions/authenticate-caller.ts'
import type { Decision } from '../../permissions/decide.ts'
import type { Grant } from '../../permissions/grants.ts'
import type { Requirement } from '../../permissions/requirement.ts'
import { createPermissionSet } from '../../permissions/scope.ts'
import { tokenPermissions } from '../../permissions/token-permissions.ts'
import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'

/** A refusal of `decide`, and what it was made of. */
export interface Denial {
  readonly decision: Extract<Decision, { allowed: false }>
  readonly derivation: DecisionDerivation
  readonly requirement: Requirement<never>
  readonly caller: AuthenticatedCaller
  readonly subject: TokenSubject
}

type Code = Denial['decision']['code']

/** Why a caller may not use a resource. */
export function diagnoseDenial(denial: Denial): Diagnosis {
  return byCode[denial.decision.code](denial)
}

const byCode: Readonly<Record<Code, (denial: Denial) => Diagnosis>> = {
  ERR_S2S_PROOF_REQUIRED: ({ decision }) => ({
    kind: 'proof-required',
    cause: decision.reason,
    fix: 'have the client ask for such a token, and send the proof with it',
  }),
  ERR_S2S_APP_ONLY_NOT_ALLOWED: (denial) => ({
    kind: 'app-only-off',
    cause: `the grant of ${missingOf(denial)} is for calls on behalf of a user only (appOnly is off), and the application calls on its own`,
    fix: 'set appOnly: true on the grant, if the application may use it on its own',
  }),
  ERR_S2S_USER_RIGHT_MISSING: (denial) => ({
    kind: 'user-right-missing',
    cause: `the application holds ${missingOf(denial)}, and the user does not`,
    fix: 'give the user the right, in the profile or in userRights',
  }),
  ERR_S2S_GRANT_MISSING: (denial) => beyondCeiling(denial) ?? tooLow(denial) ?? grantMissing(denial),
  ERR_S2S_SCOPE_MISSING: (denial) => beyondCeiling(denial) ?? roleForScope(denial) ?? scopeMissing(denial),
}

function missingOf({ decision }: Denial): string {
  return decision.missing.join(', ')
}

function beyondCeiling({ derivation, caller }: Denial): Diagnosis | undefined {
  const cut = derivation.permissions.find(({ application }) => application === 'beyond-ceiling')
  if (cut === undefined) return undefined
  return {
    kind: 'beyond-ceiling',
    cause: `the application was given ${cut.required}, and permissionCeiling of ${caller.principal.issuer} cuts it off`,
    fix: `add ${cut.required} to permissionCeiling, if applications of this issuer may have it`,
  }
}

function tooLow({ derivation }: Denial): Diagnosis | undefined {
  const given = derivation.permissions.flatMap((permission) =>
    permission.given.map((entry) => ({ ...entry, required: permission.required })),
  )
  const low = given.find(({ verdict }) => verdict === 'right-too-low' || verdict === 'outside-container')
  if (low === undefined) return undefined
  const isLow = low.verdict === 'right-too-low'
  return {
    kind: low.verdict,
    cause: `the grant is ${low.permission}${isLow ? '' : ` in ${low.container ?? 'a container'} only`}, and the resource demands ${low.required}${isLow ? '' : ' everywhere'}`,
    fix: isLow
      ? 'grant the higher right'
      : 'grant it without a container, or say in the table which container a request is about',
  }
}

function grantMissing(denial: Denial): Diagnosis {
  const { caller, subject, decision } = denial
  const { application, issuer } = caller.principal
  const near = nearestHeld(denial)
  if (near !== undefined) return nearName(near, denial, 'granted')
  const elsewhere = grantElsewhere(denial)
  if (elsewhere !== undefined) return elsewhere
  const held = caller.principal.permissions
  return {
    kind: 'grant-missing',
    cause: `the application ${subject.show(application.id)} of ${issuer} has no grant of ${missingOf(denial)} (${held.length === 0 ? 'nothing is granted to it' : `granted is ${held.slice(0, 8).join(', ')}`})`,
    fix: `add to grants: { issuer: '${issuer}', application: ${subject.show(application.id)}, permissions: ['${decision.missing.join("', '")}']${caller.principal.kind === 'app' ? ', appOnly: true' : ''} }`,
  }
}

/** A grant for the same application that is written in another way. */
function grantElsewhere({ caller, subject }: Denial): Diagnosis | undefined {
  const { application, issuer } = caller.principal
  const { grants } = subject.options
  const list: readonly Grant[] = Array.isArray(grants) ? grants : []
  const spellings = [application.id, `${application.id}@${application.realm ?? ''}`]
  const near = list.find(
    (grant) =>
      !spellings.includes(grant.application) && spellings.map(inLowerCase).includes(inLowerCase(grant.application)),
  )
  if (near !== undefined) {
    return {
      kind: 'grant-application-case',
      cause: `there is a grant for ${near.application}, which differs in letter case from the application ${subject.show(application.id)}`,
      fix: 'write application in the grant exactly as the token has it',
    }
  }
  const other = list.find((grant) => spellings.includes(grant.application) && grant.issuer !== issuer)
  if (other === undefined || caller.principal.permissions.length > 0) return undefined
  return {
    kind: 'grant-other-issuer',
    cause: `the grant for the application ${subject.show(application.id)} is for ${other.issuer}, and the token is of ${issuer}`,
    fix: `add a grant with issuer: '${issuer}', if the application of that issuer may have it`,
  }
}

/** An app role where a scope is needed, or the other way round. */
function roleForScope(denial: Denial): Diagnosis | undefined {
  const { requirement, decision, caller } = denial
  const role = caller.principal.kind === 'user+app' ? roleInToken(denial) : undefined
  if (role !== undefined) {
    return {
      kind: 'role-instead-of-scope',
      cause: `the token has ${role} as an app role, and a call on behalf of a user needs the delegated scope ${decision.missing.join(', ')}`,
      fix: 'have the client ask for the scope and the user (or administrator) consent to it; or set callerKind, if the application calls on its own',
    }
  }
  if (requirement.type !== 'role' || !caller.effective.permissions.has(requirement.scope)) return undefined
  return {
    kind: 'scope-instead-of-role',
    cause: `the token has the scope ${requirement.scope}, and an application on its own needs the app role ${requirement.appRole}`,
    fix: 'assign the app role to the application at the issuer',
  }
}

/** A role in the token that would have been enough, if roles counted for this caller. */
function roleInToken({ requirement, decision, subject: { signed, issuer } }: Denial): string | undefined {
  if (signed === undefined || issuer?.protocol !== 'oauth') return undefined
  const names = tokenPermissions(signed.claims, { countsRoles: true, paths: issuer.permissionClaims })
  const wanted = requirement.type === 'role' ? [requirement.appRole, ...decision.missing] : decision.missing
  return wanted.find((name) => createPermissionSet(names).has(name))
}

function scopeMissing(denial: Denial): Diagnosis {
  const near = nearestHeld(denial)
  if (near !== undefined) return nearName(near, denial, 'in the token')
  const held = denial.caller.principal.permissions.map((name) => denial.subject.show(name))
  return {
    kind: 'scope-missing',
    cause: `the token lacks ${missingOf(denial)} (it has ${held.length === 0 ? 'no scope' : held.slice(0, 8).join(', ')})`,
    fix: 'have the client ask for it in the token request, and have it consented to',
  }
}

interface NearName {
  readonly wanted: string
  readonly held: string
}

function nearestHeld({ decision, caller }: Denial): NearName | undefined {
  for (const wanted of decision.missing) {
    const held = nearestName(wanted, caller.principal.permissions)
    if (held !== undefined) return { wanted, held }
  }
  return undefined
}

function nearName({ wanted, held }: NearName, { subject }: Denial, where: string): Diagnosis {
  const how = wanted.toLowerCase() === held.toLowerCase() ? 'in letter case' : 'in one or two letters'
  return {
    kind: 'permission-spelling',
    cause: `the resource demands ${wanted}, and ${where === 'granted' ? `${subject.show(held)} is granted` : `${subject.show(held)} is in the token`}, which differs ${how}`,
    fix: 'write the same name in both places',
  }
}
