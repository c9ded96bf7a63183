import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { z } from 'zod'
import { configSchema } from '../../lib/config/config-schema.ts'
import { declarativeSchema } from '../../lib/config/declarative-schema.ts'
import { answerOptionsShape } from '../../lib/express/guard-context.ts'
import { verifierOptionsShape } from '../../lib/permissions/caller-options.ts'
import { makeConfigDocument } from '../support/config-documents.ts'
import { makeConfigJsonSchema, type JsonSchema } from '../tooling/config-json-schema.ts'

const jsonSchema = makeConfigJsonSchema()
const validate = new Ajv({ strict: false }).compile(jsonSchema)
const isValid = (document: unknown): boolean => configSchema.safeParse(document).success
const editorAccepts = (document: unknown): boolean => validate(document)

type Path = readonly (string | number)[]

/** Every place in a document, innermost last. */
function placesIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return [path, ...members.flatMap(([name, member]) => placesIn(member, [...path, name]))]
}

/** The document with another value at the place; `undefined` takes the member out. */
function changed(document: unknown, [name, ...path]: Path, value: unknown): unknown {
  if (name === undefined) return value
  const copy = (Array.isArray(document) ? [...(document as unknown[])] : { ...(document as object) }) as Record<
    string | number,
    unknown
  >
  const member = changed(copy[name], path, value)
  if (member === undefined && Array.isArray(copy)) copy.splice(Number(name), 1)
  else if (member === undefined) Reflect.deleteProperty(copy, name)
  else copy[name] = member
  return copy
}

function at(document: unknown, path: Path): unknown {
  return path.reduce((within, name) => (within as Record<string | number, unknown>)[name], document)
}

describe('the JSON Schema of a configuration and its validator', () => {
  const document = makeConfigDocument()
  const places = placesIn(document).filter((path) => path.length > 0)
  const place = fc.constantFrom(...places)

  it('both accept a configuration that uses every room, and every smaller one', () => {
    assert.deepEqual(configSchema.parse(document), document)
    assert.ok(editorAccepts(document), JSON.stringify(validate.errors))
    assert.ok(isValid({ trustedIssuers: [] }) && editorAccepts({ trustedIssuers: [] }))
    for (const name of Object.keys(document)) {
      const smaller = changed(document, [name], undefined)
      assert.equal(editorAccepts(smaller), isValid(smaller), name)
    }
  })

  it('an editor marks nothing that the validator accepts', () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      place.map((path) => at(document, path)),
    )
    fc.assert(
      fc.property(place, fc.option(values, { nil: undefined }), (path, value) => {
        const other = changed(document, path, value)
        if (isValid(other)) assert.ok(editorAccepts(other), `${path.join('.')}: ${JSON.stringify(validate.errors)}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('both refuse a name that is none, in every object', () => {
    const open = ['n', 'resources', 'resourceTables', 'admin', 'clients', 'jwks', 'userStores']
    for (const path of [[], ...places]) {
      const value = at(document, path)
      const isClosed =
        typeof value === 'object' && value !== null && !Array.isArray(value) && !path.some((name) => name === 'jwks')
      if (!isClosed || open.includes(String(path.at(-1)))) continue
      const other = changed(document, [...path, 'unknownOption'], 'x')
      assert.deepEqual([isValid(other), editorAccepts(other)], [false, false], path.join('.'))
    }
  })

  it('both refuse a value of another type, at every place', () => {
    for (const path of places.filter((candidate) => !candidate.includes('jwks'))) {
      for (const value of [null, typeof at(document, path) === 'number' ? 'text' : 7]) {
        const other = changed(document, path, value)
        assert.deepEqual([isValid(other), editorAccepts(other)], [false, false], `${path.join('.')} = ${String(value)}`)
      }
    }
  })

  for (const [name, path, value] of [
    ['a private key inline', ['self', 'signingKeys', 'current', 'privateKey'], 'text'],
    ['a passphrase inline', ['self', 'signingKeys', 'current', 'passphrase'], 'text'],
    ['a client secret inline', ['clients', 'cloud', 'oauth', 'authentication', 'secret'], 'text'],
    ['a reference of both kinds', ['ca'], { file: 'a', env: 'B' }],
    ['an empty reference', ['ca'], { file: '' }],
    ['an algorithm that is none', ['trustedIssuers', 0, 'algorithms'], ['none']],
    ['a type that is none', ['trustedIssuers', 0, 'type'], 'saml'],
    ['a fraction of seconds', ['trustedIssuers', 0, 'keysRefreshSeconds'], 60.5],
    ['less than the least', ['trustedIssuers', 0, 'keysRefreshSeconds'], 9],
    ['a function in words', ['userRights'], 'anybody'],
    ['an agent', ['agent'], {}],
    ['a clock', ['clock'], 'now'],
    ['a name of a resource that is none', ['resources'], { 'get /a': 'public' }],
    [
      'users for the level none',
      ['trustedIssuers', 0, 'allowDelegation'],
      { applications: [{ id: 'a', level: 'none', users: {} }] },
    ],
  ] as const) {
    it(`both refuse ${name}`, () => {
      const other = changed(document, path, value)
      assert.deepEqual([isValid(other), editorAccepts(other)], [false, false])
    })
  }

  for (const [name, path, value] of [
    ['an address without TLS', ['trustedIssuers', 2, 'issuer'], 'http://login.example'],
    ['two sources of keys', ['trustedIssuers', 3, 'pem'], { file: 'a.pem' }],
    ['a private key for a public one', ['trustedIssuers', 4, 'pem'], '-----BEGIN PRIVATE KEY-----'],
    ['a container without a right', ['grants', 0, 'permissions', 1], { scope: 'a', container: '/a' }],
  ] as const) {
    it(`leaves to the validator ${name}`, () => {
      const other = changed(document, path, value)
      assert.deepEqual([isValid(other), editorAccepts(other)], [false, true])
    })
  }

  it('describes what it offers, in the words of the code', () => {
    const { properties = {} } = jsonSchema
    assert.equal(properties['trustedIssuers']?.description, 'Whom we believe.')
    const issuers: JsonSchema = properties['trustedIssuers'].items ?? {}
    const forms = issuers.oneOf ?? []
    const openid = forms.find((form) => form.properties?.['type']?.const === 'openid')
    assert.match(openid?.description ?? '', /^An OAuth 2\.0 or OpenID issuer with discovery/)
    assert.match(openid?.properties?.['issuer']?.description ?? '', /^The exact `iss` of the tokens\./)
    for (const [name, member] of Object.entries(properties)) assert.ok(member.description, name)
  })
})

describe('declarativeSchema', () => {
  it('leaves out functions and instances, and nothing else', () => {
    const options = [...Object.keys(verifierOptionsShape), ...Object.keys(answerOptionsShape)]
    const missing = options.filter((option) => !Object.hasOwn(configSchema.shape, option))
    assert.deepEqual(missing.sort(), ['agent', 'clock', 'fetch', 'findProfiles', 'onAuditEvent', 'state'])
  })

  it('is nothing where all is code', () => {
    const code = z.custom(() => true)
    for (const schema of [code, code.optional(), z.array(code), z.union([code, code]), z.record(z.string(), code)]) {
      assert.equal(declarativeSchema(schema), undefined)
    }
    assert.equal(declarativeSchema(z.union([z.literal(1), code]))?.safeParse(1).success, true)
  })

  it('does not guess at a kind of schema that no option has', () => {
    assert.throws(() => declarativeSchema(z.map(z.string(), z.string())), /a schema of the type map/)
  })
})
