import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dpopOptionsSchema, readOrigins, type DpopOptions, type ServerNames } from '../../lib/binding/dpop-options.ts'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { refusal } from '../support/refusal.ts'

describe('dpopOptionsSchema', () => {
  for (const options of [
    {},
    { origins: ['https://a.example', 'https://A.example:8443/', 'https://[::1]:8443'], algorithms: ['ES256'] },
    { maximumAgeSeconds: 1, clockToleranceSeconds: 0, nonces: false },
    { nonces: 'required' },
    { nonces: { secret: { file: '/run/secrets/nonces' }, lifetimeSeconds: 60 } },
  ]) {
    it(`takes ${JSON.stringify(options)}`, () => {
      assert.deepEqual(parseOptions(dpopOptionsSchema as never, options, 'dpop'), options)
    })
  }

  for (const [options, message] of [
    [{ origin: 'x' }, /^dpop\.origin is unknown/],
    [{ origins: [] }, /^dpop\.origins is empty/],
    [{ origins: 'https://a.example' }, /^dpop\.origins must be/],
    [{ origins: ['http://a.example'] }, /^dpop\.origins\[0\] must be an https origin/],
    [{ origins: ['https://a.example/x'] }, /^dpop\.origins\[0\] must be an https origin/],
    [{ origins: ['https://a.example?x'] }, /^dpop\.origins\[0\] must be an https origin/],
    [{ origins: ['https://me@a.example'] }, /^dpop\.origins\[0\] must be an https origin/],
    [{ origins: ['a.example'] }, /^dpop\.origins\[0\] must be an https origin/],
    [{ algorithms: ['HS256'] }, /^dpop\.algorithms\[0\] must be one of RS256/],
    [{ algorithms: ['none'] }, /^dpop\.algorithms\[0\] must be one of RS256/],
    [{ algorithms: [] }, /^dpop\.algorithms/],
    [{ maximumAgeSeconds: 0 }, /^dpop\.maximumAgeSeconds/],
    [{ maximumAgeSeconds: 3601 }, /^dpop\.maximumAgeSeconds is more than an hour/],
    [{ clockToleranceSeconds: 601 }, /^dpop\.clockToleranceSeconds is more than 600/],
    [{ nonces: true }, /^dpop\.nonces/],
    [{ nonces: { lifetimeSeconds: 1 } }, /^dpop\.nonces\.lifetimeSeconds/],
    [{ nonces: { key: 'x' } }, /^dpop\.nonces\.key is unknown/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => parseOptions(dpopOptionsSchema, options as never, 'dpop'), { message })
    })
  }
})

describe('readOrigins', () => {
  for (const [name, options, names, expected] of [
    [
      'those that are given',
      { origins: ['https://A.example:443/', 'https://a.example:8443'] },
      { audience: 'https://b.example' },
      ['https://a.example', 'https://a.example:8443'],
    ],
    [
      'the hosts of self',
      {},
      { self: { hosts: ['A.example', 'a.example:8443'] }, audience: 'https://b.example' },
      ['https://a.example', 'https://a.example:8443'],
    ],
    ['the one audience', {}, { audience: 'https://b.example/' }, ['https://b.example']],
    ['the one audience of a list', {}, { audience: ['https://b.example'] }, ['https://b.example']],
  ] as readonly (readonly [string, DpopOptions, ServerNames, readonly string[]])[]) {
    it(`takes ${name}`, () => {
      assert.deepEqual([...readOrigins(options, names)], expected)
    })
  }

  for (const audience of [
    undefined,
    'api://1',
    'https://b.example/api',
    ['https://a.example', 'https://b.example'],
    ['https://a.example', 'api://1'],
  ]) {
    it(`must be told where audience is ${JSON.stringify({ audience })}`, () => {
      assert.throws(() => readOrigins({}, { audience }), refusal('ERR_S2S_OPTION_INVALID', /^dpop\.origins is missing/))
    })
  }
})
