import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { generateSigningKey, generateSigningKeyWith } from '../../lib/keys/generate-signing-key.ts'
import { readSigningKey } from '../../lib/keys/signing-key.ts'
import { fixedClock, NOW } from '../support/clock.ts'

describe('a new signing key', () => {
  it('is an RSA 2048 pair with a self-signed certificate of five years that partners with late clocks believe too', async () => {
    const generated = await generateSigningKey({ commonName: 'Reports', clock: fixedClock })
    const key = readSigningKey(generated, 'new')
    assert.equal(key.algorithm, 'RS256')
    assert.equal(key.publicKey.asymmetricKeyDetails?.modulusLength, 2048)
    assert.equal(key.certificate.subject, 'CN=Reports')
    assert.equal(key.certificate.notBefore, NOW - 600)
    assert.equal(key.certificate.notAfter, NOW - 600 + 1825 * 86_400)
    const certificate = new X509Certificate(generated.certificate)
    assert.ok(certificate.verify(key.publicKey))
    assert.equal(certificate.ca, false)
  })

  it('has another key each time, valid from now on by the system clock', async () => {
    const first = await generateSigningKey({ commonName: 'Reports', days: 1 })
    const second = await generateSigningKey({ commonName: 'Reports', days: 1 })
    assert.notEqual(first.privateKey, second.privateKey)
    const { validFrom, validTo } = new X509Certificate(first.certificate)
    assert.ok(Date.parse(validFrom) < Date.now())
    assert.equal(Date.parse(validTo) - Date.parse(validFrom), 86_400_000)
  })

  const refused: readonly (readonly [string, Parameters<typeof generateSigningKey>[0], RegExp])[] = [
    ['no name', { commonName: '' }, /commonName must have 1 to 64/],
    ['a name that is too long', { commonName: 'a'.repeat(65) }, /commonName must have 1 to 64/],
    ['no day', { commonName: 'a', days: 0 }, /days must be a whole number/],
    ['half a day', { commonName: 'a', days: 0.5 }, /days must be a whole number/],
    ['more than a hundred years', { commonName: 'a', days: 36_501 }, /days must be a whole number/],
  ]
  for (const [name, options, message] of refused) {
    it(`is refused: ${name}`, async () => {
      await assert.rejects(generateSigningKey(options), { code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('says which package to install', async () => {
    const cause = new Error('not found')
    await assert.rejects(
      generateSigningKeyWith(() => Promise.reject(cause), { commonName: 'Reports' }),
      { code: 'ERR_S2S_OPTION_INVALID', message: /npm install selfsigned/, cause },
    )
  })
})
