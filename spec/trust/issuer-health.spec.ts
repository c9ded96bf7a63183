import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenError, UnavailableError } from '../../lib/foundation/errors.ts'
import type { KeySet } from '../../lib/keys/key-set.ts'
import type { VerificationKey } from '../../lib/keys/verification-key.ts'
import { codeOfFailure, daysUntil, healthOfCertificates, healthOfIssuer } from '../../lib/trust/issuer-health.ts'
import type { KeyState, TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { NOW } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { keysOf, oauthTrustedIssuer } from '../support/trusted-issuers.ts'

const plain: VerificationKey = { id: 'a', key: makeKeyPair('ec256').publicKey, algorithms: new Set(['ES256']) }
const day = 86_400

function keySetOf(keys: readonly VerificationKey[]): KeySet {
  return { keys, findKey: () => assert.fail('no key is looked for') }
}

function issuerWith(keys: readonly VerificationKey[], state: Partial<KeyState> = {}): TrustedIssuer {
  const keySet = keySetOf(keys)
  const source = keysOf(keySet)
  return oauthTrustedIssuer({ keys: { ...source, state: () => ({ ...source.state(), ...state }) } })
}

describe('healthOfIssuer', () => {
  const failure = new UnavailableError('ERR_S2S_METADATA_INVALID', 'text that is for the audit log')
  const dated = (usableFrom: number, usableUntil: number): VerificationKey => ({ ...plain, usableFrom, usableUntil })
  const expired = dated(0, NOW - 61)

  for (const { name, keys, state, expected } of [
    { name: 'keys', keys: [plain], state: {}, expected: { keys: 'loaded', keyCount: 1 } },
    { name: 'old keys', keys: [plain], state: { isStale: true }, expected: { keys: 'stale', keyCount: 1 } },
    { name: 'no keys yet', keys: [], state: { value: undefined }, expected: { keys: 'missing', keyCount: 0 } },
    { name: 'a set of none (a tenant without keys)', keys: [], state: {}, expected: { keys: 'missing', keyCount: 0 } },
    { name: 'an expired certificate', keys: [expired], state: {}, expected: { keys: 'expired', keyCount: 1 } },
    {
      name: 'an expired certificate beside one that is not',
      keys: [expired, dated(NOW + 60, NOW + 61)],
      state: {},
      expected: { keys: 'loaded', keyCount: 2 },
    },
    {
      name: 'a certificate of tomorrow',
      keys: [dated(NOW + 61, NOW + day)],
      state: {},
      expected: { keys: 'expired', keyCount: 1 },
    },
    { name: 'clocks that differ', keys: [dated(0, NOW - 60)], state: {}, expected: { keys: 'loaded', keyCount: 1 } },
  ] as const) {
    it(`sees ${name}`, () => {
      const expectedHealth = { name: 'login', failing: false, ...expected }
      assert.deepEqual(healthOfIssuer(issuerWith(keys, state), NOW), expectedHealth)
    })
  }

  it('says when keys were fetched and why the last attempt failed, by its code', () => {
    const health = healthOfIssuer(issuerWith([plain], { loadedAt: NOW - 5, failure }), NOW)
    assert.deepEqual(health, {
      name: 'login',
      keys: 'loaded',
      keyCount: 1,
      lastRefreshed: NOW - 5,
      failing: true,
      lastFailureCode: 'ERR_S2S_METADATA_INVALID',
    })
  })
})

describe('healthOfCertificates', () => {
  it('counts whole days, and leaves out keys that have no dates', () => {
    const certificate = { ...plain, id: 'thumbprint', usableUntil: NOW + 1.9 * day }
    const certificates = healthOfCertificates(issuerWith([plain, certificate]), NOW)
    assert.deepEqual(certificates, [{ name: 'login', thumbprint: 'thumbprint', daysLeft: 1 }])
    assert.deepEqual(healthOfCertificates(issuerWith([], { value: undefined }), NOW), [])
  })

  it('counts below zero', () => {
    assert.deepEqual([daysUntil(NOW, NOW), daysUntil(NOW - 1, NOW), daysUntil(NOW - day - 1, NOW)], [0, -1, -2])
  })
})

describe('codeOfFailure', () => {
  it('is the code of our errors, and one code for all others', () => {
    assert.equal(codeOfFailure(new TokenError('ERR_S2S_KEY_UNKNOWN')), 'ERR_S2S_KEY_UNKNOWN')
    for (const other of [new Error('a'), 'text', undefined])
      assert.equal(codeOfFailure(other), 'ERR_S2S_KEYS_UNREACHABLE')
  })
})
