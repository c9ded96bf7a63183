import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readConfirmation, refuseConfirmation } from '../../lib/tokens/confirmation.ts'
import { refusal } from '../support/refusal.ts'

const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const thumbprint = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'.replace(/2$/, 'A')

describe('readConfirmation', () => {
  for (const [name, claims, expected] of [
    ['nothing', {}, undefined],
    ['a DPoP key', { cnf: { jkt } }, { jkt }],
    ['a certificate', { cnf: { 'x5t#S256': thumbprint } }, { 'x5t#S256': thumbprint }],
    ['both', { cnf: { 'x5t#S256': thumbprint, jkt } }, { 'x5t#S256': thumbprint, jkt }],
    ['a DPoP key with a note of Keycloak', { cnf: { jkt, 'kc-jkt-type': 'x' } }, { jkt }],
  ] as const) {
    it(`reads ${name}`, () => {
      assert.deepEqual(readConfirmation(claims), expected)
    })
  }

  for (const cnf of [null, undefined, 'x', 7, true, [], [jkt], {}, { 'kc-jkt-type': 'x' }]) {
    it(`refuses ${JSON.stringify({ cnf })}: it names nothing that can be proved`, () => {
      assert.throws(
        () => readConfirmation({ cnf }),
        refusal('ERR_S2S_TOKEN_BOUND', /^"cnf" (?:names no key|has a member)/),
      )
    })
  }

  for (const name of ['jwk', 'jwe', 'kid', 'jku', 'osc', 'JKT', 'x5t#S1', 'toString', '__proto__']) {
    it(`refuses ${name}, alone and beside jkt`, () => {
      for (const text of [`{"${name}":"x"}`, `{"jkt":"${jkt}","${name}":"x"}`]) {
        const cnf: unknown = JSON.parse(text)
        assert.throws(() => readConfirmation({ cnf }), refusal('ERR_S2S_TOKEN_BOUND', /^"cnf" has a member other than/))
      }
    })
  }

  for (const value of [
    '',
    jkt.slice(1),
    `${jkt}=`,
    `${jkt.slice(0, -1)}J`,
    ` ${jkt}`,
    jkt.replace('-', '+'),
    7,
    null,
    [jkt],
  ]) {
    it(`refuses ${JSON.stringify(value)} as a thumbprint`, () => {
      for (const name of ['jkt', 'x5t#S256']) {
        const refused = refusal('ERR_S2S_TOKEN_BOUND', `"${name}" in "cnf" is not the SHA-256 of something`)
        assert.throws(() => readConfirmation({ cnf: { [name]: value } }), refused)
      }
    })
  }
})

describe('refuseConfirmation', () => {
  it('refuses any cnf, and nothing else', () => {
    refuseConfirmation({ jkt })
    for (const cnf of [null, {}, { jkt }])
      assert.throws(() => {
        refuseConfirmation({ cnf })
      }, refusal('ERR_S2S_TOKEN_BOUND'))
  })
})
