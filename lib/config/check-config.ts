import { ConfigurationError } from '../foundation/errors.ts'
import { checkOptions, formatPath, type OptionFault } from '../foundation/parse-options.ts'
import { parseRequirement } from '../permissions/requirement.ts'
import { parseResourceName } from '../permissions/resource-name.ts'
import { configSchema } from './config-schema.ts'
import { isPrivateKey } from './reference-schema.ts'

type Path = readonly PropertyKey[]

/**
 * Checks a whole configuration by its schema, and that no secret stands in it. `place` is what errors begin with, such as
 * the name of the file. An error has the path, what stands there (unless that may be a secret), and the fix.
 *
 * Does not read references, and does not check what needs several rooms: `createS2S` does.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function checkConfig(value: unknown, place: string): Readonly<Record<string, unknown>> {
  refuseSecrets(value, [], place)
  const result = checkOptions(configSchema, value)
  if ('data' in result) return result.data
  throw requirementError(result.fault.path, value, place) ?? faultError(result.fault, value, place)
}

function faultError({ code, path, message }: OptionFault, value: unknown, place: string): ConfigurationError {
  const shown = formatPath('', path)
  const stands = code === 'ERR_S2S_OPTION_UNKNOWN' ? '' : describeValue(valueAt(value, path), path)
  return new ConfigurationError(code, `${place}: ${shown} ${message}${stands}`, { path: shown })
}

/** A requirement has many forms; the rooms that read it and its name say better which was meant. */
function requirementError(path: Path, value: unknown, place: string): ConfigurationError | undefined {
  const depth = path[0] === 'resources' ? 2 : 3
  if (!['resources', 'resourceTables'].includes(String(path[0])) || path.length < depth) return undefined
  const entry = path.slice(0, depth)
  const shown = formatPath('', entry)
  try {
    parseResourceName(String(entry.at(-1)))
    parseRequirement(valueAt(value, entry) as string, shown)
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const code = error.code as OptionFault['code']
    return new ConfigurationError(code, `${place}: ${error.message}`, { path: error.path ?? shown })
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (within, name) => (typeof within === 'object' && within !== null ? Reflect.get(within, name) : undefined),
    value,
  )
}

/** Names of members whose values are never shown. */
const secretNames: ReadonlySet<PropertyKey> = new Set([
  'privateKey',
  'passphrase',
  'secret',
  'jwk',
  'jwks',
  'pem',
  'key',
])

/** What stands at a path; nothing of what may be a secret, an address with a password or a long text. */
function describeValue(value: unknown, path: Path): string {
  if (path.some((name) => secretNames.has(name))) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return ` (it is ${value})`
  if (typeof value !== 'string' || value.length > 200 || /[^ -~]|@.*@|:\/\/[^/]*@|-----/.test(value)) return ''
  return ` (it is ${JSON.stringify(value)})`
}

/** Members of private and symmetric JSON Web Keys. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Private keys are refused wherever they stand: also where nothing would ever have used them. */
function refuseSecrets(value: unknown, path: Path, place: string): void {
  if (typeof value === 'string' && isPrivateKey(value)) throw secretFound(path, place)
  if (typeof value !== 'object' || value === null) return
  if (isPrivateJwk(value)) throw secretFound(path, place)
  const members = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [name, member] of members) refuseSecrets(member, [...path, name], place)
}

function isPrivateJwk(value: object): boolean {
  return 'kty' in value && privateMembers.some((member) => Object.hasOwn(value, member))
}

function secretFound(path: Path, place: string): ConfigurationError {
  const shown = formatPath('', path)
  return new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${place}: ${shown} holds a private key, which does not belong in this file; write { "file": "./path" } or { "env": "NAME" } where one is needed, and make another key: this one may have been seen`,
    { path: shown },
  )
}
