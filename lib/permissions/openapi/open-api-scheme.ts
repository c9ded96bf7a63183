import { membersOf, refusePlace, type Place } from './open-api-pointer.ts'

/** The one security scheme of a document that the guard stands for. */
export interface OpenApiScheme {
  readonly name: string
  /** The scopes that it declares; `undefined` where it declares none (OpenID Connect, bearer tokens). */
  readonly declared: ReadonlySet<string> | undefined
  /** Whether requirements may name scopes or roles at all. */
  readonly takesScopes: boolean
}

interface SchemeOptions {
  readonly wanted: string | undefined
  /** OpenAPI 3.1: bearer tokens may have roles. */
  readonly isVersion31: boolean
}

const place: Place = ['components', 'securitySchemes']

/**
 * Chooses the security scheme whose tokens the guard verifies: the one that is wanted, else the only one.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function chooseScheme(document: ReadonlyMap<string, unknown>, options: SchemeOptions): OpenApiScheme {
  const components = membersOf(document.get('components') ?? {}, ['components'])
  const schemes = membersOf(components.get('securitySchemes') ?? {}, place)
  const name = options.wanted ?? onlyName([...schemes.keys()])
  if (schemes.has(name)) return readScheme(name, membersOf(schemes.get(name), [...place, name]), options)
  throw refusePlace(place, `has no scheme ${name}; write the one whose tokens this server verifies`)
}

function onlyName(names: readonly string[]): string {
  const [name, second] = names
  if (name === undefined) throw refusePlace(place, 'has no scheme; write the one whose tokens this server verifies')
  if (second === undefined) return name
  throw refusePlace(place, `has several schemes; choose one of ${names.join(', ')} with options.scheme`)
}

function readScheme(name: string, scheme: ReadonlyMap<string, unknown>, { isVersion31 }: SchemeOptions): OpenApiScheme {
  const here = [...place, name]
  switch (scheme.get('type')) {
    case 'oauth2':
      return { name, declared: declaredScopes(scheme, here), takesScopes: true }
    case 'openIdConnect':
      return { name, declared: undefined, takesScopes: true }
    case 'http':
      if (String(scheme.get('scheme')).toLowerCase() === 'bearer') {
        return { name, declared: undefined, takesScopes: isVersion31 }
      }
      throw refusePlace([...here, 'scheme'], 'must be bearer: this server takes bearer tokens only')
    default:
      throw refusePlace(
        [...here, ...(scheme.has('type') ? ['type'] : [])],
        'must be oauth2, openIdConnect or http with bearer; a resource table can express no other scheme',
      )
  }
}

function declaredScopes(scheme: ReadonlyMap<string, unknown>, here: Place): ReadonlySet<string> {
  const flows = membersOf(scheme.get('flows'), [...here, 'flows'])
  const scopes = [...flows].flatMap(([flow, given]) => {
    const at = [...here, 'flows', flow]
    if (flow.startsWith('x-')) return []
    return [...membersOf(membersOf(given, at).get('scopes'), [...at, 'scopes']).keys()]
  })
  return new Set(scopes)
}
