import type { JsonObject } from '../foundation/parse-json.ts'
import type { CallerKind } from '../identity/caller-kind.ts'
import { givenByGrants, givenByToken, type GivenPermission } from './given-permissions.ts'
import type { Grant, GrantedCaller, GrantStore } from './grants.ts'
import { createPermissionSet, type PermissionSet } from './scope.ts'
import { tokenPermissions } from './token-permissions.ts'

/** What a verified token says about its caller, as far as permissions are concerned. */
export interface CallerFacts extends GrantedCaller {
  readonly protocol: 's2s' | 'oauth'
  readonly kind: CallerKind
  /** `false`: the token does not tell; then neither roles nor `permissionClaims` count. */
  readonly kindIsCertain: boolean
  /** The signed claims; read for OAuth only. */
  readonly claims: JsonObject
  /** OAuth: paths of further claims that hold permissions. */
  readonly permissionClaims?: readonly (readonly string[])[]
  /** The most that the issuer can give: exact names, `scope:Right` for rights. Default: no ceiling. */
  readonly permissionCeiling?: readonly string[]
}

/** What an application holds on this server, before the user's own rights are taken into account. */
export interface EffectivePermissions {
  readonly source: 'token' | 'grants'
  readonly permissions: PermissionSet
  /** What it was granted, but may use for a user only; for a better reason of refusal. */
  readonly withheld?: PermissionSet
  /** Everything that it was given, counting or not; worked out only when somebody asks how a decision came about. */
  readonly given?: () => readonly GivenPermission[]
}

/**
 * What the application holds. OAuth: what its token says, within the issuer's ceiling. S2S: what this server granted,
 * within the issuer's ceiling; claims of S2S tokens are never read. An application on its own holds only grants that
 * have `appOnly: true`.
 *
 * Does not take the user's rights into account (see `decide`), and believes the facts: the token must be verified.
 *
 * @see Add-in authorization policy types in SharePoint: app-only, user + app
 */
export function effectivePermissions(facts: CallerFacts, grants: GrantStore): EffectivePermissions {
  const ceiling = facts.permissionCeiling === undefined ? undefined : new Set(facts.permissionCeiling)
  if (facts.protocol === 'oauth') return permissionsOfToken(facts, ceiling)
  const granted = grants.grantsOf({ issuerNames: facts.issuerNames, application: facts.application })
  const usable = granted.filter((grant) => facts.kind === 'user+app' || grant.appOnly === true)
  const permissions = createPermissionSet(permissionsOf(usable), ceiling)
  const given = (): readonly GivenPermission[] => givenByGrants(granted, { kind: facts.kind, ceiling })
  if (usable.length === granted.length) return { source: 'grants', permissions, given }
  const withheld = permissionsOf(granted.filter((grant) => grant.appOnly !== true))
  return { source: 'grants', permissions, withheld: createPermissionSet(withheld, ceiling), given }
}

function permissionsOfToken(facts: CallerFacts, ceiling: ReadonlySet<string> | undefined): EffectivePermissions {
  const { claims, kind, kindIsCertain, permissionClaims = [] } = facts
  const counted = { countsRoles: kind === 'app' && kindIsCertain, paths: kindIsCertain ? permissionClaims : [] }
  return {
    source: 'token',
    permissions: createPermissionSet(tokenPermissions(claims, counted), ceiling),
    given: () => givenByToken(claims, { counted, paths: permissionClaims, ceiling }),
  }
}

function permissionsOf(grants: readonly Grant[]): Grant['permissions'] {
  return grants.flatMap((grant) => grant.permissions)
}
