import { coversContainer, coversRight, isContainer, isRight, type Right } from './rights.ts'

/**
 * One thing that somebody may do: a scope name, or a right on a scope, perhaps only within one container.
 *
 * A text that ends in `:Read`, `:Write`, `:Manage` or `:FullControl` is a right on the scope before the colon, and also
 * still that exact scope name: `'reports:Write'` equals `{ scope: 'reports', right: 'Write' }`.
 */
export type Permission =
  | string
  | { readonly scope: string; readonly right?: Right; readonly container?: never }
  | { readonly scope: string; readonly right: Right; readonly container: string }

/** What somebody holds. Membership is exact and case-sensitive: no prefixes, no wildcards, no hierarchy of names. */
export interface PermissionSet {
  /** For people to read; a permission that is limited to a container is no scope name and holds spaces. Frozen. */
  readonly names: readonly string[]
  readonly isEmpty: boolean
  /** Whether exactly this scope name is held, without limit to a container. */
  readonly has: (scope: string) => boolean
  /** Whether the right, or a higher one, is held on the scope: everywhere, or in the container or one above it. */
  readonly covers: (scope: string, right: Right, container?: string) => boolean
}

/** A permission in parts. */
export interface ParsedPermission {
  /** The scope name, `scope:Right` for a right on a scope; the container is left out. */
  readonly exactName: string
  readonly limited?: { readonly scope: string; readonly right: Right; readonly container?: string }
}

const scopeName = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Whether a text can be a scope name: printable ASCII without space, `"` and `\`.
 *
 * @see RFC 6749 section 3.3
 */
export function isScopeName(text: unknown): text is string {
  return typeof text === 'string' && scopeName.test(text)
}

/** Reads one permission; `undefined` for whatever is none. Such a thing grants nothing, but is no error either. */
export function parsePermission(permission: unknown): ParsedPermission | undefined {
  if (typeof permission === 'string') return parseText(permission)
  return typeof permission === 'object' && permission !== null ? parseParts(permission) : undefined
}

/** A container without a right would be no limit to anything: such a thing grants nothing. */
function parseParts({
  scope,
  right,
  container,
}: {
  scope?: unknown
  right?: unknown
  container?: unknown
}): ParsedPermission | undefined {
  if (!isScopeName(scope)) return undefined
  if (right === undefined && container === undefined) return parseText(scope)
  if (!isRight(right)) return undefined
  const exactName = `${scope}:${right}`
  if (container === undefined) return { exactName, limited: { scope, right } }
  return isContainer(container) ? { exactName, limited: { scope, right, container } } : undefined
}

function parseText(text: string): ParsedPermission | undefined {
  if (!isScopeName(text)) return undefined
  const colon = text.lastIndexOf(':')
  if (colon <= 0) return { exactName: text }
  const right = text.slice(colon + 1)
  return isRight(right) ? { exactName: text, limited: { scope: text.slice(0, colon), right } } : { exactName: text }
}

/** A permission for people to read: `reports.read`, `reports:Write`, `reports:Write in /sites/a`. */
export function printPermission({ exactName, limited }: ParsedPermission): string {
  return limited?.container === undefined ? exactName : `${exactName} in ${limited.container}`
}

/**
 * Makes a set of permissions. What is no permission is left out, and nothing is ever turned into a text.
 *
 * Does not check who holds it, and on whose word.
 *
 * @param permissions what is held
 * @param ceiling exact names, `scope:Right` for rights; whatever is not among them is left out. Default: no ceiling
 */
export function createPermissionSet(permissions: Iterable<Permission>, ceiling?: ReadonlySet<string>): PermissionSet {
  const scopes = new Set<string>()
  const contained = new Set<string>()
  const rights = new Map<string, LimitedPermission[]>()

  for (const permission of permissions) {
    const parsed = parsePermission(permission)
    if (parsed === undefined || ceiling?.has(parsed.exactName) === false) continue
    const { exactName, limited } = parsed
    if (limited?.container === undefined) scopes.add(exactName)
    else contained.add(printPermission(parsed))
    if (limited !== undefined) append(rights, limited.scope, limited)
  }

  return Object.freeze({
    names: Object.freeze([...scopes, ...contained]),
    isEmpty: scopes.size + contained.size === 0,
    has: (scope) => scopes.has(scope),
    covers: (scope, right, container) =>
      rights.get(scope)?.some((held) => coversRight(held.right, right) && coversPlace(held, container)) ?? false,
  } satisfies PermissionSet)
}

type LimitedPermission = NonNullable<ParsedPermission['limited']>

/** Adds a value to the list of a key. */
function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** Whether what is held reaches the container that is asked for: everywhere, or in the container or one above it. */
export function coversPlace(held: { readonly container?: string }, required: string | undefined): boolean {
  return held.container === undefined || (required !== undefined && coversContainer(held.container, required))
}
