import type { JsonObject } from '../foundation/parse-json.ts'

/** Which claims of an OAuth access token count. */
export interface PermissionClaims {
  /** Whether `roles` and `permissions` count: only for an application that certainly acts on its own. */
  readonly countsRoles: boolean
  /** Paths of further claims. */
  readonly paths: readonly (readonly string[])[]
}

/**
 * The permission names in the signed claims of an OAuth access token: `scope` and `scp`, the role claims where they
 * count, and the claims at the configured paths.
 *
 * A claim of any other type than stated contributes nothing; no value is turned into a text. Does not check that the names
 * can be scope names (see `createPermissionSet`), nor that the signature was verified (the caller must).
 *
 * @see RFC 6749 section 3.3, RFC 8693 section 4.2, RFC 9068 section 2.2.3
 */
export function tokenPermissions(claims: JsonObject, { countsRoles, paths }: PermissionClaims): readonly string[] {
  const names = [...namesIn(member(claims, 'scope')), ...namesIn(member(claims, 'scp'))]
  if (countsRoles) names.push(...listIn(member(claims, 'roles')), ...listIn(member(claims, 'permissions')))
  for (const path of paths) names.push(...namesIn(path.reduce<unknown>(member, claims)))
  return names
}

/** A list of texts, or a text in which exactly the ASCII space separates. */
function namesIn(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ') : listIn(value)
}

function listIn(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : []
}

/** An own member of a JSON object; nothing is inherited, and lists have no members. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined
}
