import { ConfigurationError } from '../../foundation/errors.ts'

/** A place in an OpenAPI document: the names of the members on the way. */
export type Place = readonly (string | number)[]

/**
 * The refusal of a place in a document.
 *
 * @see RFC 6901 (JSON pointers)
 */
export function refusePlace(place: Place, problem: string): ConfigurationError {
  const pointer = place.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `document#${pointer} ${problem}`)
}

/** The members of an object in a document. @throws ConfigurationError */
export function membersOf(value: unknown, place: Place): ReadonlyMap<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  throw refusePlace(place, 'must be an object')
}

/** The items of a list in a document. @throws ConfigurationError */
export function itemsOf(value: unknown, place: Place): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[]
  throw refusePlace(place, 'must be a list')
}
