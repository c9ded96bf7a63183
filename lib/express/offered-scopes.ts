import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import type { Requirement } from '../permissions/requirement.ts'

/** A rule of a table, or of one route. */
export interface OfferingRule {
  readonly requirement: Requirement<never>
}

/** The scopes that a caller can ask for, of what rules require: application roles are given, not asked for. */
export function offeredScopes(rules: readonly OfferingRule[]): readonly string[] {
  return [...new Set(rules.flatMap(({ requirement }) => scopesOf(requirement)))]
}

function scopesOf(requirement: Requirement<never>): readonly string[] {
  return requirement.type === 'role' ? [requirement.scope] : requirement.scopes
}

/** A caller, and the scopes that are offered where it calls. */
export interface OfferedCaller {
  readonly caller: Pick<AuthenticatedCaller, 'effective'>
  readonly context: { readonly offeredScopes?: (() => readonly string[]) | undefined }
}

/**
 * What a caller holds of what is offered: one that asks for a token with exactly the scopes of a challenge would lose the
 * others. The texts are those of the configuration; the token only says which of them it has. S2S callers hold grants,
 * which are not asked for.
 *
 * @see Model Context Protocol 2025-11-25, authorization: scope challenge handling
 */
export function heldOfOffered({ caller: { effective }, context: { offeredScopes } }: OfferedCaller): readonly string[] {
  if (offeredScopes === undefined || effective.source !== 'token') return []
  return offeredScopes().filter((scope) => effective.permissions.has(scope))
}
