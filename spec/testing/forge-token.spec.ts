import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compactVerify } from 'jose'
import { compact, flipSignatureBit, forgeToken, resigned, segmentsOf } from '../../lib/testing/forge-token.ts'
import { createTestKeyPair, type TestKeyType } from '../../lib/testing/test-key-pair.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

describe('a forged token', () => {
  const algorithms: Readonly<Record<string, TestKeyType>> = {
    RS256: 'rsa2048',
    PS384: 'rsa2048',
    ES256: 'ec256',
    ES384: 'ec384',
    ES512: 'ec521',
    EdDSA: 'ed25519',
  }
  for (const [algorithm, type] of Object.entries(algorithms)) {
    it(`has a signature that jose verifies (${algorithm})`, async () => {
      const { publicKey, privateKey } = makeKeyPair(type)
      const token = forgeToken({ header: { alg: algorithm }, claims: { a: 1 }, algorithm, key: privateKey })
      const { payload } = await compactVerify(token, publicKey)
      assert.equal(Buffer.from(payload).toString(), '{"a":1}')
      await assert.rejects(compactVerify(flipSignatureBit(token), publicKey))
    })
  }

  it('has an HMAC where that is asked for', async () => {
    const token = forgeToken({ header: { alg: 'HS256' }, claims: {}, algorithm: 'HS256', key: 'secret' })
    await compactVerify(token, Buffer.from('secret'))
  })

  it('has any parts and any third segment', () => {
    assert.equal(compact('{', Buffer.of(0xff), '~'), 'ew._w.~')
    assert.deepEqual(segmentsOf('a.b.c'), ['a', 'b', 'c'])
    assert.deepEqual(segmentsOf(''), ['', '', ''])
    assert.equal(
      resigned('a.b.AAAA', () => Buffer.alloc(0)),
      'a.b.',
    )
  })
})

it('key pairs are of the kind that was asked for', () => {
  assert.equal(createTestKeyPair('rsa1024').publicKey.asymmetricKeyDetails?.modulusLength, 1024)
  assert.equal(createTestKeyPair('ec384').publicKey.asymmetricKeyDetails?.namedCurve, 'secp384r1')
  assert.equal(createTestKeyPair('ed25519').publicKey.asymmetricKeyType, 'ed25519')
  assert.equal(createTestKeyPair().publicKey.asymmetricKeyDetails?.modulusLength, 2048)
})
