import { ConfigurationError } from '../../../lib/foundation/errors.ts'
import type { ResourceRequirement } from '../../../lib/permissions/requirement-forms.ts'
import { parseRequirement } from '../../../lib/permissions/requirement.ts'
import { parseResourceName } from '../../../lib/permissions/resource-name.ts'
import { createPermissionSet, type Permission } from '../../../lib/permissions/scope.ts'
import { accepted, answerOf, type Answer, type Target } from '../engine/target.ts'
import { documentMutation } from '../world/mutate-documents.ts'
import { permissionTexts } from '../world/words.ts'

const names = ['scope', 'right', 'container', 'anyOf', 'allOf', 'appRole', 'allowEncodedSlash']
const values = [
  ...permissionTexts,
  'Read',
  'Write',
  'Manage',
  'FullControl',
  'read',
  '/sites/a',
  '/sites/a/b',
  'public',
  'authenticated',
]

/** `createPermissionSet`: holds exactly the names that are given, and nothing that they only look like. */
export const permissionSetTarget: Target = {
  name: 'permission-set',
  weight: 6,
  seeds: [
    '["reports.read","admin.all"]',
    '["reports:Write",{"scope":"reports","right":"Read"},{"scope":"lists","right":"Write","container":"/sites/a"}]',
    '[1,null,"",{"scope":"a b"},["x"]]',
  ],
  words: [...names, ...values],
  mutate: documentMutation({ names, values }),
  maximumLength: 3000,
  start: () => ({
    execute: (input) => {
      const given = readJson(input)
      if (!Array.isArray(given)) return { accepted: false, feature: 'no list' }
      const set = createPermissionSet(given as Permission[])
      const value = { names: set.names, held: values.filter(set.has), covers: set.covers('reports', 'Write') }
      return set.isEmpty ? { accepted: false, feature: 'empty', value } : accepted(value.held.slice(0, 2).join(), value)
    },
    contradiction: (input, { value }) => {
      if (value === undefined) return undefined
      const { held } = value as { held: readonly string[] }
      const given = (readJson(input) as unknown[]).map((each) => exactName(each))
      return held.every((name) => given.includes(name)) ? undefined : 'holds what was not given'
    },
  }),
}

/** The name of an unlimited permission. */
function exactName(permission: unknown): string | undefined {
  if (typeof permission === 'string') return permission
  const { scope, right, container } = Object(permission) as Record<string, unknown>
  if (typeof scope !== 'string' || container !== undefined) return undefined
  if (right === undefined) return scope
  return typeof right === 'string' ? `${scope}:${right}` : undefined
}

/** `parseRequirement`: what it does not understand it refuses; it never becomes `public`, nor demands nothing. */
export const requirementTarget: Target = {
  name: 'requirement',
  weight: 2,
  seeds: [
    ...[
      '"reports.read"',
      '["reports.read","admin.all"]',
      '{"anyOf":["a","b"]}',
      '{"allOf":["a"],"allowEncodedSlash":true}',
    ],
    ...[
      '{"scope":"a","appRole":"b"}',
      '{"scope":"lists","right":"Write"}',
      '"public"',
      '"authenticated"',
      '[]',
      'null',
    ],
  ],
  words: [...names, ...values],
  mutate: documentMutation({ names, values }),
  maximumLength: 3000,
  start: () => ({
    execute: (input) => {
      const given = readJson(input)
      if (given === undefined) return { accepted: false, feature: 'no JSON' }
      return answerOf([ConfigurationError], () => {
        const { type, scopes, allowEncodedSlash } = parseRequirement(given as ResourceRequirement, 'resource')
        return accepted(type, { type, scopes, allowEncodedSlash })
      })
    },
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      const { type, scopes } = value as { type: string; scopes: readonly string[] }
      const given = readJson(input)
      if (type === 'public' || type === 'authenticated') return given === type ? undefined : `becomes ${type}`
      if (scopes.length === 0) return 'demands nothing'
      const said = JSON.stringify(given)
      const isSaid = scopes.every(
        (scope) => said.includes(JSON.stringify(scope).slice(1, -1)) || said.includes('"right"'),
      )
      return isSaid ? undefined : 'demands what was not said'
    },
  }),
}

/** `parseResourceName`: a method in upper case and a path, as they were written. */
export const resourceNameTarget: Target = {
  name: 'resource-name',
  weight: 4,
  seeds: ['GET /reports/:id', 'ALL /', 'POST /a b', 'get /x', 'HEAD /x', 'GET  /x', 'M-SEARCH /x'],
  words: ['GET ', 'ALL ', 'HEAD ', 'DELETE ', '/', ':id', '*splat', '{', '}', '(', '?', '+', '\\'],
  maximumLength: 500,
  start: () => ({
    execute: (input) =>
      withoutQuotes(
        answerOf([ConfigurationError], () => {
          const { method, path } = parseResourceName(input)
          return accepted(method, `${method} ${path}`)
        }),
      ),
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      return value === input && /^(?!HEAD )[A-Z-]+ \/\S*$/.test(input) ? undefined : 'is another name'
    },
  }),
}

/** The messages quote what was given; it would make every refusal a new one. */
function withoutQuotes(answer: Answer): Answer {
  return { ...answer, feature: answer.feature.replaceAll(/'[^]*'/g, '') }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
