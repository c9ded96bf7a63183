import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { optionsObject, parseOptions } from '../../lib/foundation/parse-options.ts'

const text = z.string().min(1, 'is empty')
const issuerSchema = z.discriminatedUnion('type', [
  optionsObject({
    type: z.literal('openid'),
    issuer: z.string().refine((value) => value.startsWith('https:'), 'must be an https address'),
    audience: z.union([text, z.array(text).min(1)]).optional(),
    seconds: z.number().int().min(10).max(20).optional(),
    pem: z.union([text, optionsObject({ file: text })]).optional(),
    allowDelegation: z.union([z.literal(false), optionsObject({ applications: z.array(text) })]).optional(),
    mode: z
      .union([z.enum(['fast', 'safe']), z.custom((value) => typeof value === 'function', 'is no mode')])
      .optional(),
    headers: z.record(z.string(), text).optional(),
    word: z.string().min(3).max(5).optional(),
    pair: z.array(text).min(2).max(3).optional(),
    custom: z.custom((value) => value === 1).optional(),
  }),
  optionsObject({ type: z.literal('static'), pem: z.union([text, z.array(text)]) }),
])
const schema = optionsObject({ trustedIssuers: z.array(issuerSchema), self: optionsObject({}).optional() })

function refusalOf(value: unknown, name = ''): ConfigurationError {
  try {
    parseOptions(schema, value, name)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError)
    return error
  }
  return assert.fail('accepted')
}

const openid = { type: 'openid', issuer: 'https://login.example.com' }

describe('parseOptions', () => {
  it('returns what the schema makes of the options', () => {
    const options = { trustedIssuers: [{ ...openid, allowDelegation: false, headers: { 'x-a': 'b' } }] }
    assert.deepEqual(parseOptions(schema, options, ''), options)
  })

  for (const { name, options, message } of [
    { name: 'no options', options: undefined, message: 'options is missing; set it to an object' },
    { name: 'null', options: null, message: 'options must be an object, not null' },
    { name: 'a missing list', options: {}, message: 'trustedIssuers is missing; set it to an array' },
    { name: 'a list instead of an object', options: [], message: 'options must be an object, not an array' },
  ]) {
    it(`says what to write instead of ${name}`, () => {
      const error = refusalOf(options)
      assert.equal(error.message, message)
      assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
    })
  }

  for (const { name, option, message } of [
    { name: 'a type that does not exist', option: { type: 'oidc' }, message: '.type must be "openid" or "static"' },
    { name: 'no type', option: { type: undefined }, message: '.type must be "openid" or "static"' },
    { name: 'a missing option', option: { issuer: undefined }, message: '.issuer is missing; set it to a string' },
    { name: "a schema's own message", option: { issuer: 'http://a' }, message: '.issuer must be an https address' },
    { name: 'a number for a text', option: { issuer: 3 }, message: '.issuer must be a string, not a number' },
    { name: 'a fraction', option: { seconds: 11.5 }, message: '.seconds must be an integer, not a fraction' },
    { name: 'NaN', option: { seconds: NaN }, message: '.seconds must be a number, not NaN' },
    { name: 'infinity', option: { seconds: Infinity }, message: '.seconds must be a number, not Infinity' },
    { name: 'too small a number', option: { seconds: 9 }, message: '.seconds must be at least 10' },
    { name: 'too great a number', option: { seconds: 21 }, message: '.seconds must be at most 20' },
    { name: 'too short a text', option: { word: 'ab' }, message: '.word must have at least 3 characters' },
    { name: 'too long a text', option: { word: 'abcdef' }, message: '.word must have at most 5 characters' },
    { name: 'too short a list', option: { pair: ['a'] }, message: '.pair must have at least 2 entries' },
    { name: 'an empty list', option: { audience: [] }, message: '.audience must not be empty' },
    { name: 'an empty text in a list', option: { audience: ['a', ''] }, message: '.audience[1] is empty' },
    {
      name: 'neither of two types',
      option: { audience: 1 },
      message: '.audience must be a string or an array, not a number',
    },
    {
      name: 'a boolean that is not allowed',
      option: { allowDelegation: true },
      message: '.allowDelegation must be false or an object, not a boolean',
    },
    {
      name: 'a union with its own messages',
      option: { mode: 'slow' },
      message: '.mode must be "fast" or "safe", or is no mode',
    },
    {
      name: 'a wrong member of a union',
      option: { pem: { file: 7 } },
      message: '.pem.file must be a string, not a number',
    },
    {
      name: 'a name that is not an identifier',
      option: { headers: { 'x-a': 1 } },
      message: '.headers["x-a"] must be a string, not a number',
    },
    { name: 'a list for a record', option: { headers: [] }, message: '.headers must be an object, not an array' },
    { name: 'a custom check without a message', option: { custom: 2 }, message: '.custom is not valid' },
  ]) {
    it(`says where and what is wrong with ${name}`, () => {
      const error = refusalOf({ trustedIssuers: [{ ...openid, ...option }] })
      assert.equal(error.message, `trustedIssuers[0]${message}`)
      assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
    })
  }

  it('says once what a missing union may be', () => {
    const error = refusalOf({ trustedIssuers: [{ type: 'static' }] })
    assert.equal(error.message, 'trustedIssuers[0].pem is missing; set it to a string or an array')
  })

  for (const { name, options, message } of [
    {
      name: 'a mistyped option',
      options: { trustedIssuers: [{ ...openid, audienc: 'a' }] },
      message: 'trustedIssuers[0].audienc is unknown; did you mean `audience`?',
    },
    {
      name: 'an option before a wrong value',
      options: { trustedIssuers: [{ ...openid, issuer: 3, audienc: 'a' }] },
      message: 'trustedIssuers[0].audienc is unknown; did you mean `audience`?',
    },
    {
      name: 'an option of another type',
      options: { trustedIssuers: [{ type: 'static', pem: 'a', jwksUri: 'b' }] },
      message: 'trustedIssuers[0].jwksUri is unknown; known here: type, pem',
    },
    {
      name: 'a mistyped option inside a union',
      options: { trustedIssuers: [{ ...openid, allowDelegation: { application: [] } }] },
      message: 'trustedIssuers[0].allowDelegation.application is unknown; did you mean `applications`?',
    },
    {
      name: 'an option at the top',
      options: { trustedIssuers: [], trustedIssuer: [] },
      message: 'trustedIssuer is unknown; did you mean `trustedIssuers`?',
    },
    {
      name: '__proto__',
      options: JSON.parse('{"trustedIssuers":[],"__proto__":{}}') as unknown,
      message: '__proto__ is unknown; known here: trustedIssuers, self',
    },
    {
      name: 'an option where there are none',
      options: { trustedIssuers: [], self: { realm: 'a' } },
      message: 'self.realm is unknown',
    },
  ]) {
    it(`refuses ${name} by name`, () => {
      const error = refusalOf(options)
      assert.equal(error.message, message)
      assert.equal(error.code, 'ERR_S2S_OPTION_UNKNOWN')
    })
  }

  it('puts the given name before the path', () => {
    const error = refusalOf({ trustedIssuers: 3 }, 'createS2S options')
    assert.equal(error.message, 'createS2S options.trustedIssuers must be an array, not a number')
  })

  it('has a sentence for an exclusive union that fits twice', () => {
    const either = z.xor([z.string(), z.string()])
    assert.throws(() => parseOptions(either, 'a', 'name'), { message: 'name is not valid' })
  })

  it('never prints values, which may be keys', () => {
    const secret = '-----BEGIN PRIVATE KEY-----'
    for (const option of [
      { issuer: secret },
      { pem: [secret] },
      { mode: secret },
      { custom: secret },
      { word: secret },
    ]) {
      const error = refusalOf({ trustedIssuers: [{ ...openid, ...option }] })
      assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /PRIVATE/)
    }
  })
})
