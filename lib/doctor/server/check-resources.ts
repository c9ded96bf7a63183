import { ConfigurationError } from '../../foundation/errors.ts'
import { nearestName } from '../../foundation/nearest-name.ts'
import { createResourceGuard, type ResourceOptions, type Resources } from '../../express/resource-guard.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { ResourceEntry } from '../../permissions/resource-table.ts'
import { parsePermission } from '../../permissions/scope.ts'
import { findingOf, type Finding } from '../finding.ts'
import { configurationFinding } from '../configuration-finding.ts'
import { checkRules, type RulesContext } from './check-rules.ts'
import { grantsOf } from './grants-of.ts'

/** A table that cannot be read, permissions that it demands and nobody was granted, and conditions that are hardly meant. */
export function checkResources(
  resources: Resources,
  resourceOptions: ResourceOptions | undefined,
  context: RulesContext,
): readonly Finding[] {
  try {
    const { entries } = createResourceGuard(resources, resourceOptions).table
    return [...checkRules(entries, context), ...checkGranted(entries, context.options)]
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return [configurationFinding(error)]
  }
}

function checkGranted(entries: readonly ResourceEntry<never>[], options: VerifierOptions): readonly Finding[] {
  const granted = grantedNames(options)
  if (granted === undefined) return []
  return entries.flatMap(({ name, requirement }) => {
    const { scopes } = requirement
    const missing = scopes.filter((scope) => !isGranted(scope, granted))
    const isOpen =
      requirement.type === 'any' || requirement.type === 'role' ? missing.length < scopes.length : missing.length === 0
    return isOpen ? [] : [nobody(name, missing, granted)]
  })
}

/** What is granted to anybody; `undefined` where tokens bring permissions of their own, or the store cannot tell. */
function grantedNames(options: VerifierOptions): readonly string[] | undefined {
  const isS2SOnly = options.trustedIssuers.every(({ type }) => type === 's2s-certificate' || type === 's2s-metadata')
  const grants = isS2SOnly ? grantsOf(options) : undefined
  return grants?.flatMap(({ permissions }) =>
    permissions.flatMap((permission) => parsePermission(permission)?.exactName ?? []),
  )
}

/** A higher right covers a lower one, so that any right on the scope counts. */
function isGranted(scope: string, granted: readonly string[]): boolean {
  if (granted.includes(scope)) return true
  const { limited } = parsePermission(scope) ?? {}
  return limited !== undefined && granted.some((name) => parsePermission(name)?.limited?.scope === limited.scope)
}

function nobody(resource: string, missing: readonly string[], granted: readonly string[]): Finding {
  const near = missing.map((name) => nearestName(name, granted)).find((name) => name !== undefined)
  const cause = `${resource} demands ${missing.join(', ')}, which is granted to nobody${near === undefined ? '' : ` (${near} is)`}`
  const fix =
    near === undefined ? 'grant it to an application, or change the entry' : 'write the same name in both places'
  return findingOf('warning', { kind: 'scope-granted-to-nobody', cause, fix })
}
