import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { makeCertificate } from '../support/certificates.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

describe('keyThumbprint', () => {
  it('is one for a key, whatever carries it', async () => {
    const keyPair = makeKeyPair('ec256')
    const first = await makeCertificate({ commonName: 'first', keyType: 'ec256', keyPair })
    const renewed = await makeCertificate({ commonName: 'renewed', keyType: 'ec256', keyPair })
    assert.notEqual(first.x5t, renewed.x5t)
    const jwk = createPublicKey({ key: keyPair.publicKey.export({ format: 'jwk' }), format: 'jwk' })
    const keys = [first, renewed].map(({ certificatePem }) => parseCertificate(certificatePem).key)
    assert.deepEqual([...new Set([...keys, jwk, keyPair.publicKey].map(keyThumbprint))].length, 1)
  })

  it('tells keys apart', () => {
    assert.notEqual(keyThumbprint(makeKeyPair('ec256').publicKey), keyThumbprint(makeKeyPair('ec256').publicKey))
  })
})
