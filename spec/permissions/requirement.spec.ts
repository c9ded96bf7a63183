import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { parseRequirement, requirementSchema } from '../../lib/permissions/requirement.ts'

const name = "resources['GET /reports/:id']"
const plain = { allowEncodedSlash: false }

describe('a requirement', () => {
  const container = (): string => '/sites/a'
  const allows = (): boolean => true
  const cases: readonly (readonly [name: string, requirement: ResourceRequirement, expected: object])[] = [
    ['a scope', 'reports.read', { type: 'all', scopes: ['reports.read'], ...plain }],
    ['a scope that looks like a right', 'reports:Read', { type: 'all', scopes: ['reports:Read'], ...plain }],
    ['a list', ['a', 'b'], { type: 'all', scopes: ['a', 'b'], ...plain }],
    ['a list with a repetition', ['a', 'b', 'a'], { type: 'all', scopes: ['a', 'b'], ...plain }],
    ['allOf', { allOf: ['a', 'b'] }, { type: 'all', scopes: ['a', 'b'], ...plain }],
    ['anyOf', { anyOf: ['a', 'b'] }, { type: 'any', scopes: ['a', 'b'], ...plain }],
    [
      'a scope and a role',
      { scope: 'reports.read', appRole: 'Reports.Read.All' },
      {
        type: 'role',
        scope: 'reports.read',
        appRole: 'Reports.Read.All',
        scopes: ['reports.read', 'Reports.Read.All'],
        ...plain,
      },
    ],
    [
      'a scope and a role of one name',
      { scope: 'reports.read', appRole: 'reports.read' },
      { type: 'role', scope: 'reports.read', appRole: 'reports.read', scopes: ['reports.read'], ...plain },
    ],
    [
      'a right',
      { scope: 'lists', right: 'Write' },
      { type: 'right', scope: 'lists', right: 'Write', scopes: ['lists:Write'], ...plain },
    ],
    [
      'a right in a container',
      { scope: 'lists', right: 'Write', container },
      { type: 'right', scope: 'lists', right: 'Write', container, scopes: ['lists:Write'], ...plain },
    ],
    ['a scope with room for options', { scope: 'a' }, { type: 'all', scopes: ['a'], ...plain }],
    ['an own judgement with room for options', { allows }, { type: 'function', allows, scopes: [], ...plain }],
    [
      'any verified caller with room for options',
      { authenticated: true, proof: 'any' },
      { type: 'authenticated', scopes: [], proof: 'any', ...plain },
    ],
    ['a scope with a proof', { scope: 'a', proof: 'dpop' }, { type: 'all', scopes: ['a'], proof: 'dpop', ...plain }],
    [
      'an own judgement with a proof',
      { allows, proof: 'mtls' },
      { type: 'function', allows, scopes: [], proof: 'mtls', ...plain },
    ],
    ['any verified caller', 'authenticated', { type: 'authenticated', scopes: [], ...plain }],
    ['nothing', 'public', { type: 'public', scopes: [], ...plain }],
    ['an own judgement', allows, { type: 'function', allows, scopes: [], ...plain }],
  ]
  for (const [what, requirement, expected] of cases) {
    it(`may be ${what}`, () => {
      assert.deepEqual(parseRequirement(requirement, name), expected)
    })
  }

  const objects: ResourceRequirement[] = [
    { anyOf: ['a'] },
    { allOf: ['a'] },
    { scope: 'a', appRole: 'b' },
    { scope: 'a', right: 'Read' },
    { scope: 'a' },
    { allows },
  ]
  for (const requirement of objects) {
    it(`of the form { ${Object.keys(requirement).join(', ')} } may accept encoded slashes`, () => {
      const parsed = parseRequirement({ ...(requirement as object), allowEncodedSlash: true } as never, name)
      assert.equal(parsed.allowEncodedSlash, true)
    })

    it(`of the form { ${Object.keys(requirement).join(', ')} } may be in shadow mode`, () => {
      const parse = (shadow: boolean): object => parseRequirement({ ...(requirement as object), shadow } as never, name)
      const { shadow, ...meant } = parse(true) as { shadow?: unknown }
      assert.equal(shadow, true)
      assert.deepEqual(meant, parseRequirement(requirement, name))
      assert.deepEqual(parse(false), meant)
    })
  }

  it('gives a list of scopes that nobody can change', () => {
    const scopes = ['a']
    const parsed = parseRequirement(scopes, name)
    scopes.push('b')
    assert.deepEqual(parsed.scopes, ['a'])
    assert.ok(Object.isFrozen(parsed.scopes))
  })
})

describe('a requirement that is written wrongly', () => {
  const invalid: ErrorCode = 'ERR_S2S_OPTION_INVALID'
  const unknown: ErrorCode = 'ERR_S2S_OPTION_UNKNOWN'
  const cases: readonly (readonly [name: string, requirement: unknown, code: ErrorCode, message: RegExp])[] = [
    ['an empty scope', '', invalid, /must be a scope name/],
    ['several scopes in one text', 'a b', invalid, /write several scopes as a list/],
    ['a scope with a quotation mark', 'a"b', invalid, /must be a scope name/],
    ['a scope with a Cyrillic letter', 'reports.re\u0430d', invalid, /must be a scope name/],
    ['an empty list', [], invalid, /is empty; write 'authenticated'/],
    ['a list of lists', [['a']], invalid, /\[0\] must be a string/],
    ['an empty anyOf', { anyOf: [] }, invalid, /anyOf is empty/],
    ['an empty allOf', { allOf: [] }, invalid, /allOf is empty/],
    ['a text as anyOf', { anyOf: 'a' }, invalid, /anyOf must be an array/],
    ['undefined as anyOf', { anyOf: undefined }, invalid, /anyOf is missing/],
    ['a bad scope in anyOf', { anyOf: ['a', 'b c'] }, invalid, /anyOf\[1\] must be a scope name/],
    ['anyOf and allOf', { anyOf: ['a'], allOf: ['b'] }, invalid, /has both anyOf and allOf; write one of them/],
    ['a role and a right', { scope: 'a', appRole: 'b', right: 'Read' }, invalid, /has both appRole and right/],
    ['a scope beside anyOf', { anyOf: ['a'], scope: 'b' }, unknown, /scope is unknown/],
    ['a role without scope', { appRole: 'b' }, invalid, /scope is missing/],
    ['a right without scope', { right: 'Read' }, invalid, /scope is missing/],
    ['a mistyped role beside a scope', { scope: 'a', approle: 'b' }, unknown, /approle is unknown/],
    ['a bad scope alone in an object', { scope: 'a b' }, invalid, /scope must be a scope name/],
    ['a text as shadow', { scope: 'a', shadow: 'yes' }, invalid, /shadow must be a boolean/],
    ['a text as own judgement', { allows: 'a' }, invalid, /allows must be a function/],
    ['a right and an own judgement', { right: 'Read', allows: () => true }, invalid, /has both right and allows/],
    ['an unknown right', { scope: 'a', right: 'read' }, invalid, /right must be one of Read, Write/],
    ['a text as container', { scope: 'a', right: 'Read', container: '/x' }, invalid, /container must be a function/],
    ['a mistyped container', { scope: 'a', right: 'Read', contaner: () => '/x' }, unknown, /mean `container`/],
    ['false for encoded slashes', { anyOf: ['a'], allowEncodedSlash: false }, invalid, /leave it out/],
    ['a mistyped option', { anyOf: ['a'], allowEncodedSlashes: true }, unknown, /mean `allowEncodedSlash`/],
    ['Public with a capital', 'Public', invalid, /write 'public' or 'authenticated' alone/],
    ['public in a list', ['public', 'a'], invalid, /write 'public' or 'authenticated' alone/],
    ['authenticated in anyOf', { anyOf: ['authenticated'] }, invalid, /write 'public' or 'authenticated' alone/],
    [
      'an empty object',
      {},
      invalid,
      /is no requirement: it must be a scope, a list of scopes, \{ scope \}, \{ anyOf \}, \{ allOf \}, \{ scope, appRole \}, \{ scope, right, container\? \}, \{ allows \}, 'authenticated', 'public' or a function$/,
    ],
    ['members of a prototype', Object.create({ anyOf: ['a'] }), invalid, /is no requirement/],
    ['null', null, invalid, /is no requirement/],
    ['undefined', undefined, invalid, /is no requirement/],
    ['true', true, invalid, /is no requirement/],
    ['a number', 1, invalid, /is no requirement/],
  ]
  for (const [what, requirement, code, message] of cases) {
    it(`is refused, with the entry's name and the fix: ${what}`, () => {
      assert.throws(
        () => parseRequirement(requirement as ResourceRequirement, name),
        (error: Error & { code?: string }) => {
          assert.equal(error.name, 'ConfigurationError')
          assert.equal(error.code, code)
          assert.match(error.message, message)
          assert.ok(error.message.startsWith(name))
          return true
        },
      )
    })
  }
})

describe('requirementSchema', () => {
  const right = { scope: 'a', right: 'Read' }
  for (const value of [
    'public',
    'authenticated',
    'a',
    ['a', 'b'],
    { anyOf: ['a'] },
    { allOf: ['a'] },
    { scope: 'a', appRole: 'b' },
    right,
  ]) {
    it(`takes ${JSON.stringify(value)}`, () => {
      assert.deepEqual(requirementSchema.parse(value), value)
    })
  }

  for (const value of ['', 'a b', [], ['public'], {}, { anyOf: [] }, { ...right, right: 'read' }, null, 5, undefined]) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.equal(requirementSchema.safeParse(value).success, false)
    })
  }
})
