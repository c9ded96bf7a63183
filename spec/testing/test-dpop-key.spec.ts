import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { createTestClock } from '../../lib/testing/test-clock.ts'
import { createTestDpopKey } from '../../lib/testing/test-dpop-key.ts'
import { createTestKeyPair, type TestKeyType } from '../../lib/testing/test-key-pair.ts'

const clock = createTestClock()
const currentDate = new Date(clock() * 1000)
const request = { token: 'a.b.c', url: 'https://a.example/x?y#z' }

describe('createTestDpopKey', () => {
  for (const [type, algorithm] of [
    ['ec256', 'ES256'],
    ['ec384', 'ES384'],
    ['ec521', 'ES512'],
    ['ed25519', 'EdDSA'],
    ['rsa2048', 'PS256'],
  ] satisfies [TestKeyType, string][]) {
    it(`makes proofs that jose verifies: ${type}`, async () => {
      const { proof, jkt, jwk } = createTestDpopKey({ type, clock })
      const { payload, protectedHeader } = await jwtVerify(proof({ ...request, nonce: 'n' }), EmbeddedJWK, {
        currentDate,
        typ: 'dpop+jwt',
      })
      const { jti, ...claims } = payload
      assert.equal(typeof jti, 'string')
      assert.deepEqual(claims, {
        htm: 'GET',
        htu: 'https://a.example/x',
        iat: clock(),
        ath: createHash('sha256').update('a.b.c').digest('base64url'),
        nonce: 'n',
      })
      assert.equal(protectedHeader.alg, algorithm)
      assert.equal(jkt, await calculateJwkThumbprint(jwk))
    })
  }

  it('makes each proof anew, from a key that may be given, and changed in every part', async () => {
    const keyPair = createTestKeyPair('ec256')
    const { proof, keyPair: used } = createTestDpopKey({ keyPair })
    assert.equal(used, keyPair)
    assert.notEqual(proof(request), proof(request))
    const other = createTestKeyPair('rsa2048')
    const changed = proof({
      ...request,
      method: 'PUT',
      header: { typ: 'JWT', jwk: other.publicKey.export({ format: 'jwk' }) },
      claims: { ath: undefined },
      algorithm: 'RS256',
      key: other.privateKey,
    })
    const { payload, protectedHeader } = await jwtVerify(changed, EmbeddedJWK)
    assert.deepEqual(
      [payload['htm'], 'ath' in payload, protectedHeader.typ, protectedHeader.alg],
      ['PUT', false, 'JWT', 'RS256'],
    )
  })
})
