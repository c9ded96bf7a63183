import type { Request } from 'express'
import { toPromise, whenReady } from '../foundation/when-ready.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import { decide, decideBeforeFunction, decideByFunction, decideProof, type Decision } from '../permissions/decide.ts'
import type { Requirement } from '../permissions/requirement.ts'
import { createPermissionSet, type PermissionSet } from '../permissions/scope.ts'
import type { GuardContext } from './guard-context.ts'

/** The second question, for one request: may this caller do this? */
export interface Authorization {
  readonly request: Request
  readonly caller: AuthenticatedCaller
  readonly context: GuardContext
}

/** Decides by one requirement, at once unless a function of the application gives a promise; throws whatever that function throws. */
export function decideEntry(
  requirement: Requirement<Request>,
  authorization: Authorization,
): Decision | Promise<Decision> {
  const { request, caller } = authorization
  const { effective, judged } = caller
  const { kind } = caller.principal
  const unproved =
    requirement.proof === undefined ? undefined : decideProof(requirement, caller.provedBy, { kind, effective })
  if (unproved !== undefined) return unproved
  if (requirement.type === 'public' || requirement.type === 'authenticated') {
    return decide({ requirement, kind, effective, caller: judged })
  }
  if (requirement.type === 'function') return askFunction(requirement, authorization)
  const container = requirement.type === 'right' ? requirement.container?.(request) : undefined
  return whenReady(userRightsOf(authorization), (userRights) =>
    decide({ requirement, kind, effective, caller: judged, userRights, container }),
  )
}

type FunctionRequirement = Extract<Requirement<Request>, { readonly type: 'function' }>

function askFunction(
  requirement: FunctionRequirement,
  { request, caller }: Authorization,
): Decision | Promise<Decision> {
  const { effective, judged, principal } = caller
  const input = { requirement, kind: principal.kind, effective, caller: judged }
  const refused = decideBeforeFunction(input)
  if (refused !== undefined) return refused
  const answer = toPromise(requirement.allows(principal, request))
  return whenReady(answer, (given) => decideByFunction(given, input))
}

type UserSide = PermissionSet | 'checked-by-handler' | undefined

/** The user's side of a delegated call; `undefined` for an application alone, or when nobody was configured to ask. */
function userRightsOf({ request, caller, context }: Authorization): UserSide | Promise<UserSide> {
  const { kind, user } = caller.principal
  const { userRights } = context
  if (kind === 'app' || userRights === undefined) return undefined
  if (userRights === 'checked-by-handler') return userRights
  if (userRights === 'of-profile') return rightsOfProfile(caller)
  if (user === undefined) return createPermissionSet([])
  return whenReady(toPromise(userRights(user, request)), (rights) => createPermissionSet(rights))
}

/** Where users of OAuth tokens are not looked up there is no profile, and nobody was configured to ask. */
function rightsOfProfile({ principal }: AuthenticatedCaller): PermissionSet | undefined {
  const profile = principal.user?.profile
  return profile === undefined ? undefined : createPermissionSet(profile.rights ?? [])
}
