import type { AnyOfRequirement } from '../requirement-forms.ts'
import { isScopeName } from '../scope.ts'
import { itemsOf, membersOf, refusePlace, type Place } from './open-api-pointer.ts'
import type { OpenApiScheme } from './open-api-scheme.ts'

/** The forms of a requirement that security requirements come to. */
export type OpenApiRequirement = string | readonly string[] | AnyOfRequirement

/**
 * What a list of security requirements comes to: any of its objects is enough, of each all scopes are needed; the empty list
 * is `public`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for whatever a resource table cannot express
 * @see OpenAPI 3.1.1 section 4.8.30 (Security Requirement Object)
 */
export function readSecurity(security: unknown, place: Place, scheme: OpenApiScheme): OpenApiRequirement {
  const alternatives = itemsOf(security, place).map((item, index) => readAlternative(item, [...place, index], scheme))
  if (alternatives.length === 0) return 'public'
  const needed = alternatives.filter(
    (scopes, index) => !alternatives.some((other, at) => implies(scopes, other, index - at)),
  )
  const [first = []] = needed
  if (needed.length === 1) return describeAll(first)
  if (needed.every((scopes) => scopes.length === 1)) return { anyOf: needed.flat() }
  throw refusePlace(
    place,
    'has alternatives of several scopes; give each alternative one scope, or leave one alternative',
  )
}

function describeAll(scopes: readonly string[]): OpenApiRequirement {
  const [scope, second] = scopes
  if (scope === undefined) return 'authenticated'
  return second === undefined ? scope : scopes
}

/** Whether an alternative adds nothing to another one that needs less; of two equal ones the later adds nothing. */
function implies(scopes: readonly string[], other: readonly string[], distance: number): boolean {
  if (distance === 0 || !other.every((scope) => scopes.includes(scope))) return false
  return scopes.length > other.length || distance > 0
}

function readAlternative(value: unknown, place: Place, scheme: OpenApiScheme): readonly string[] {
  const schemes = membersOf(value, place)
  if (schemes.size === 0) {
    throw refusePlace(
      place,
      'is empty, which makes credentials optional; make the operation public with security: [], or take it out',
    )
  }
  for (const name of schemes.keys()) {
    if (name === scheme.name) continue
    throw refusePlace(
      [...place, name],
      `names another scheme than ${scheme.name}; a resource table is about the tokens of one scheme: take it out, or choose it with options.scheme and guard the others apart`,
    )
  }
  const here = [...place, scheme.name]
  const scopes = itemsOf(schemes.get(scheme.name), here).map((scope, index) =>
    readScope(scope, [...here, index], scheme),
  )
  return [...new Set(scopes)].sort()
}

function readScope(scope: unknown, place: Place, { name, declared, takesScopes }: OpenApiScheme): string {
  if (!takesScopes) throw refusePlace(place, `must not be there: in OpenAPI 3.0 ${name} has no scopes`)
  if (!isScopeName(scope) || /^(?:public|authenticated)$/i.test(scope)) {
    throw refusePlace(place, 'is no scope name that a resource table takes; rename it')
  }
  if (declared?.has(scope) === false) {
    throw refusePlace(place, `is not among the scopes that ${name} declares in its flows; declare it or correct it`)
  }
  return scope
}
