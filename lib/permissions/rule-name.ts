import type { Requirement } from './requirement.ts'

/** A rule as it is written: the entry of the resource table; for `requirePermission` that word and the scopes it requires. */
export function ruleName(rule: {
  readonly name: string
  readonly requirement: Pick<Requirement<never>, 'type' | 'scopes'>
}): string {
  const { name, requirement } = rule
  return name === 'requirePermission' ? `${name} ${requirement.scopes.join(' ') || requirement.type}` : name
}
