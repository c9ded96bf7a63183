import { z } from 'zod'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import {
  basePathOfServers,
  haveCommonPath,
  isBasePath,
  isNarrower,
  readPaths,
  type OpenApiPath,
} from './open-api-paths.ts'
import { membersOf, refusePlace, type Place } from './open-api-pointer.ts'
import { chooseScheme, type OpenApiScheme } from './open-api-scheme.ts'
import { readSecurity, type OpenApiRequirement } from './open-api-security.ts'

/** Options of `resourcesFromOpenApi`. */
export interface OpenApiOptions {
  /** The name of the security scheme whose tokens this server verifies. Default: the only one that the document has. */
  readonly scheme?: string
  /**
   * What stands in front of the document's paths where the guard is mounted: a path such as `/api/v1`, or `'servers'` to take
   * it from the document. Default: nothing; `servers` are not looked at.
   */
  readonly basePath?: string
}

const optionsSchema = optionsObject({
  scheme: z.string().min(1).optional(),
  basePath: z
    .string()
    .refine(
      (text) => text === 'servers' || isBasePath(text),
      "must be 'servers' or a path such as /api/v1, without a slash at the end",
    )
    .optional(),
})

/** `'GET /reports/:id'` -> what it requires; the order counts. */
export type OpenApiResources = Readonly<Record<string, OpenApiRequirement>>

/**
 * Makes the resource table of an OpenAPI 3.0 or 3.1 document, which is given as an object (JSON; read YAML first). The
 * security requirements of each operation, else of the document, become the requirement: all scopes of one object, any of the
 * objects of the list; `security: []` is `public`. Paths with fewer parameters come first.
 *
 * Nothing is widened silently: whatever a table cannot express is refused, with the JSON pointer of the place and the fix.
 * Callbacks and webhooks are calls to others and not looked at. Does NOT check the rest of the document, nor that an issuer
 * of this server is the one that the scheme means; the developer must.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see OpenAPI 3.1.1 section 4.8.30; OpenAPI 3.0.4 section 4.8.30
 */
export function resourcesFromOpenApi(document: object, options: OpenApiOptions = {}): OpenApiResources {
  const { scheme: wanted, basePath = '' } = parseOptions(optionsSchema, options, 'options')
  const members = membersOf(document, [])
  const [, minor] = /^3\.([01])\.\d+(?:-.+)?$/.exec(String(members.get('openapi'))) ?? []
  if (minor === undefined) throw refusePlace(['openapi'], 'must be a version 3.0 or 3.1; other versions are not read')
  const scheme = chooseScheme(members, { wanted, isVersion31: minor === '1' })
  const usesServers = basePath === 'servers'
  const paths = readPaths(members, usesServers ? basePathOfServers(members) : basePath)
  const rules = paths.flatMap((path) => rulesOf(path, { members, scheme, usesServers }))
  if (rules.length === 0) throw refusePlace(['paths'], 'has no operation; a resource table must not be empty')
  refuseUndecided(rules)
  return Object.freeze(
    Object.fromEntries(rules.map(({ method, path, requirement }) => [`${method} ${path}`, requirement])),
  )
}

interface Rule {
  readonly method: string
  readonly path: string
  readonly place: Place
  readonly requirement: OpenApiRequirement
}

interface Reading {
  readonly members: ReadonlyMap<string, unknown>
  readonly scheme: OpenApiScheme
  readonly usesServers: boolean
}

const methods: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])
const withoutMeaning: ReadonlySet<string> = new Set(['summary', 'description', 'parameters'])

function rulesOf({ place, path, item }: OpenApiPath, reading: Reading): readonly Rule[] {
  const rules = [...item].flatMap(([name, value]): Rule[] => {
    const here = [...place, name]
    if (name === 'servers') refuseServers(here, reading)
    if (name === 'servers' || withoutMeaning.has(name) || name.startsWith('x-')) return []
    if (name === '$ref') throw refusePlace(here, 'is a reference; bundle the document first')
    if (!methods.has(name))
      throw refusePlace(
        here,
        'is unknown here; only get, put, post, delete, options, head, patch and trace are operations',
      )
    return [{ method: name.toUpperCase(), path, place: here, requirement: requirementOf(value, here, reading) }]
  })
  return withoutHead(rules)
}

function refuseServers(place: Place, { usesServers }: Reading): void {
  if (usesServers)
    throw refusePlace(place, 'gives this place servers of its own; write options.basePath, or take it out')
}

function requirementOf(value: unknown, place: Place, reading: Reading): OpenApiRequirement {
  const operation = membersOf(value, place)
  if (operation.has('$ref')) throw refusePlace([...place, '$ref'], 'is a reference; bundle the document first')
  if (operation.has('servers')) refuseServers([...place, 'servers'], reading)
  if (operation.has('security')) return readSecurity(operation.get('security'), [...place, 'security'], reading.scheme)
  if (reading.members.has('security'))
    return readSecurity(reading.members.get('security'), ['security'], reading.scheme)
  throw refusePlace(place, 'has no security, nor has the document; write security: [] for what is public')
}

/** A table judges HEAD as GET. */
function withoutHead(rules: readonly Rule[]): readonly Rule[] {
  const head = rules.find(({ method }) => method === 'HEAD')
  if (head === undefined) return rules
  const get = rules.find(({ method }) => method === 'GET')
  if (get !== undefined && isSame(head, get)) return rules.filter((rule) => rule !== head)
  throw refusePlace(head.place, 'must require what get requires: a resource table judges HEAD as GET')
}

function isSame(one: Rule, other: Rule): boolean {
  return JSON.stringify(one.requirement) === JSON.stringify(other.requirement)
}

/** Of two templates of which each has a parameter where the other has text, OpenAPI does not say which is meant. */
function refuseUndecided(rules: readonly Rule[]): void {
  for (const [index, rule] of rules.entries()) {
    const other = rules
      .slice(0, index)
      .find(
        (earlier) =>
          earlier.method === rule.method &&
          !isSame(earlier, rule) &&
          haveCommonPath(earlier.path, rule.path) &&
          !isNarrower(earlier.path, rule.path),
      )
    if (other === undefined) continue
    throw refusePlace(
      rule.place,
      `has requests in common with ${other.path} and requires something else; require the same, or change the paths`,
    )
  }
}
