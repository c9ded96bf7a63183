import type { JsonObject } from '../foundation/parse-json.ts'
import type { CallerKind } from '../identity/caller-kind.ts'
import type { Grant } from './grants.ts'
import { parsePermission, type ParsedPermission } from './scope.ts'
import { tokenPermissions, type PermissionClaims } from './token-permissions.ts'

/** Why a permission that somebody gave to the application does not count, whatever is required. */
export type GivenFault = 'beyond-ceiling' | 'app-only-off' | 'not-counted'

/** One permission that the application was given, whether it counts or not; for explaining only. */
export interface GivenPermission {
  readonly permission: ParsedPermission
  /** The grant that it stands in; `undefined` for a permission in a token. */
  readonly grant?: Grant
  readonly fault: GivenFault | undefined
}

interface GrantLimits {
  readonly kind: CallerKind
  readonly ceiling: ReadonlySet<string> | undefined
}

/** Every permission of some grants, with what keeps it from counting. Decides nothing (see `effectivePermissions`). */
export function givenByGrants(grants: readonly Grant[], { kind, ceiling }: GrantLimits): readonly GivenPermission[] {
  return grants.flatMap((grant) => {
    const fault = kind === 'app' && grant.appOnly !== true ? 'app-only-off' : undefined
    return withinCeiling(grant.permissions, ceiling).map((given) => ({ ...given, grant, fault: given.fault ?? fault }))
  })
}

interface TokenLimits {
  /** What counts for this caller. */
  readonly counted: PermissionClaims
  /** Paths of all claims that may hold permissions. */
  readonly paths: PermissionClaims['paths']
  readonly ceiling: ReadonlySet<string> | undefined
}

/**
 * Every permission in the claims of an OAuth token, also in those claims that do not count for this caller. Decides
 * nothing (see `effectivePermissions`).
 */
export function givenByToken(claims: JsonObject, { counted, paths, ceiling }: TokenLimits): readonly GivenPermission[] {
  const counting = new Set(tokenPermissions(claims, counted))
  const all = new Set(tokenPermissions(claims, { countsRoles: true, paths }))
  const others = [...all].filter((name) => !counting.has(name))
  return [
    ...withinCeiling(counting, ceiling),
    ...withinCeiling(others, undefined).map((given) => ({ ...given, fault: 'not-counted' as const })),
  ]
}

function withinCeiling(
  permissions: Iterable<unknown>,
  ceiling: ReadonlySet<string> | undefined,
): readonly GivenPermission[] {
  return [...permissions].flatMap((given) => {
    const permission = parsePermission(given)
    if (permission === undefined) return []
    return [{ permission, fault: ceiling?.has(permission.exactName) === false ? 'beyond-ceiling' : undefined }]
  })
}
