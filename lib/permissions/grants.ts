import { z } from 'zod'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { isContainer, rightLadder } from './rights.ts'
import { isScopeName, parsePermission, printPermission, type Permission } from './scope.ts'

/** What this server granted to one application. */
export interface Grant {
  /** The name of the trusted issuer, or its `iss`: the same application id of another issuer holds nothing. */
  readonly issuer: string
  /** `id` (in any realm of that issuer) or `id@realm`; exact, case-sensitive. */
  readonly application: string
  readonly permissions: readonly Permission[]
  /** Whether the application may use the permissions on its own, without a user. Default `false`. */
  readonly appOnly?: boolean
}

/** Whose grants are asked for. */
export interface GrantedCaller {
  /** The issuer's name and the `iss` of the token. */
  readonly issuerNames: readonly string[]
  readonly application: { readonly id: string; readonly realm?: string }
}

/** Where grants are kept. Asked on every request of the S2S protocol, so it must answer from memory. */
export interface GrantStore {
  /** The grants of one application of one issuer; empty when there are none. */
  grantsOf(caller: GrantedCaller): readonly Grant[]
  /**
   * Calls the listener after every change; gives the function that ends this. A store that has it is asked again only after
   * a change, any other on every request.
   */
  onChange?(listener: () => void): () => void
}

/** Whether grants are given as a store. */
export function isGrantStore(grants: readonly Grant[] | GrantStore | undefined): grants is GrantStore {
  return grants !== undefined && 'grantsOf' in grants
}

/** What `MemoryGrants.remove` takes away. */
export interface GrantRemoval {
  /** As it stands in the grant. */
  readonly issuer: string
  /** As it stands in the grant. */
  readonly application: string
  /** Default: all of the application's permissions. */
  readonly permissions?: readonly Permission[]
}

/** Grants in memory. Changes take effect on the next request. */
export interface MemoryGrants extends GrantStore {
  /** The grants of one application of one issuer; empty when there are none. */
  readonly grantsOf: (caller: GrantedCaller) => readonly Grant[]
  /**
   * Grants something.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
   */
  readonly add: (grant: Grant) => void
  /** Takes permissions away, with and without a user; `false` when there was nothing to take. */
  readonly remove: (removal: GrantRemoval) => boolean
  /** All grants, frozen, in the order in which they were given. */
  readonly list: () => readonly Grant[]
  /** Calls the listener after every change; gives the function that ends this. */
  readonly onChange: (listener: () => void) => () => void
}

const text = z.string().min(1, 'is empty')
const scope = z.string().refine(isScopeName, 'must be a scope name: printable ASCII without space, " and \\')

const permissionSchema = z.union([
  scope,
  optionsObject({
    scope,
    right: z.enum(rightLadder, `must be one of ${rightLadder.join(', ')}`).optional(),
    container: z.string().refine(isContainer, 'must be a path such as /sites/a, without dot segments').optional(),
  }).refine(
    (permission) => permission.container === undefined || permission.right !== undefined,
    'has a container but no right; write { scope, right, container }',
  ),
])

/**
 * Strict option schema of one grant.
 *
 * @internal
 */
export const grantSchema = optionsObject({
  issuer: text,
  application: text,
  permissions: z.array(permissionSchema),
  appOnly: z.boolean().optional(),
})

/**
 * Keeps grants in memory.
 *
 * Does not check that the issuers are trusted ones; a grant for an issuer that nobody trusts is never used.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createMemoryGrants(grants: readonly Grant[] = []): MemoryGrants {
  parseOptions(z.array(grantSchema), grants, 'grants')
  const listeners = new Set<() => void>()
  let all: readonly Grant[] = Object.freeze(grants.map(freezeGrant))
  let index = indexGrants(all)

  function replace(next: readonly Grant[]): void {
    all = Object.freeze(next)
    index = indexGrants(all)
    for (const listener of listeners) tell(listener)
  }

  return {
    list: () => all,
    add: (grant) => {
      parseOptions(grantSchema, grant, 'grant')
      replace([...all, freezeGrant(grant)])
    },
    remove: (removal) => {
      const next = all.flatMap((grant) => withoutRemoved(grant, removal))
      const isChanged = next.length !== all.length || next.some((grant, position) => grant !== all[position])
      if (isChanged) replace(next)
      return isChanged
    },
    grantsOf: (caller) => findGrants(index, caller),
    onChange: (listener) => {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

type GrantIndex = ReadonlyMap<string, ReadonlyMap<string, readonly Grant[]>>

function indexGrants(grants: readonly Grant[]): GrantIndex {
  const index = new Map<string, Map<string, Grant[]>>()
  for (const grant of grants) {
    const applications = index.get(grant.issuer) ?? new Map<string, Grant[]>()
    index.set(grant.issuer, applications)
    applications.set(grant.application, [...(applications.get(grant.application) ?? []), grant])
  }
  return index
}

function findGrants(index: GrantIndex, { issuerNames, application }: GrantedCaller): readonly Grant[] {
  const { id, realm } = application
  const spellings = realm === undefined ? [id] : [id, `${id}@${realm}`]
  return [...new Set(issuerNames)].flatMap((issuer) => {
    const applications = index.get(issuer)
    return applications === undefined ? [] : spellings.flatMap((spelling) => applications.get(spelling) ?? [])
  })
}

/** A copy that nobody can change behind our back. */
function freezeGrant(grant: Grant): Grant {
  const permissions = grant.permissions.map((permission) =>
    typeof permission === 'string' ? permission : Object.freeze({ ...permission }),
  )
  return Object.freeze({ ...grant, permissions: Object.freeze(permissions) })
}

/** What is left of a grant: nothing, a part of it, or the grant itself. */
function withoutRemoved(grant: Grant, removal: GrantRemoval): readonly Grant[] {
  if (grant.issuer !== removal.issuer || grant.application !== removal.application) return [grant]
  if (removal.permissions === undefined) return []
  const removed = new Set(removal.permissions.map(nameOf))
  const permissions = grant.permissions.filter((permission) => !removed.has(nameOf(permission)))
  if (permissions.length === grant.permissions.length) return [grant]
  return permissions.length === 0 ? [] : [freezeGrant({ ...grant, permissions })]
}

function nameOf(permission: Permission): string | undefined {
  const parsed = parsePermission(permission)
  return parsed === undefined ? undefined : printPermission(parsed)
}

/** One listener's failure must not keep the others from hearing of a revocation. */
function tell(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    process.emitWarning(`a listener of grants threw: ${String(error)}`, { code: 'S2S_GRANTS_LISTENER' })
  }
}
