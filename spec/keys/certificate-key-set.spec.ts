import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { createCertificateKeySet, toVerificationKey } from '../../lib/keys/certificate-key-set.ts'
import type { JoseHeader } from '../../lib/tokens/unverified-token.ts'
import { makeCertificate } from '../support/certificates.ts'

const current = await makeCertificate({ commonName: 'Farm A' })
const next = await makeCertificate({ commonName: 'Farm A', keyType: 'ec256' })
const expired = await makeCertificate({ commonName: 'Farm A', keyType: 'ec256', notBefore: 1_500_000_000, days: 1 })
const foreign = await makeCertificate({ commonName: 'Farm B', keyType: 'ec256' })
const certificates = [current, next, expired].map(({ certificatePem }) => parseCertificate(certificatePem))
const keySet = createCertificateKeySet(certificates)

function hexOf(thumbprint: string): string {
  return Buffer.from(thumbprint, 'base64url').toString('hex')
}

describe('the key set of certificates', () => {
  const found: readonly (readonly [string, Omit<JoseHeader, 'alg'>])[] = [
    ['x5t', { x5t: current.x5t }],
    ['x5t in base64 with padding', { x5t: Buffer.from(current.x5t, 'base64url').toString('base64') }],
    ['x5t#S256', { 'x5t#S256': current.x5tS256 }],
    ['both thumbprints', { x5t: current.x5t, 'x5t#S256': current.x5tS256 }],
    ['x5t, whatever kid says', { x5t: current.x5t, kid: next.x5t }],
  ]
  for (const [name, header] of found) {
    it(`finds a key by ${name}`, () => {
      const key = keySet.findKey({ alg: 'RS256', ...header })
      assert.ok(key.key.equals(current.publicKey))
      assert.equal(key.id, current.x5t)
      assert.ok(key.algorithms.has('RS256'))
    })
  }

  it('finds each certificate of a rollover', () => {
    assert.ok(keySet.findKey({ alg: 'ES256', x5t: next.x5t }).key.equals(next.publicKey))
  })

  const unknown: readonly (readonly [string, Omit<JoseHeader, 'alg'>])[] = [
    ['no thumbprint', {}],
    ['kid alone, even when it is the thumbprint', { kid: current.x5t }],
    ['an empty x5t', { x5t: '' }],
    ['an empty x5t#S256', { 'x5t#S256': '' }],
    ['x5t of another farm', { x5t: foreign.x5t }],
    ['x5t in hex', { x5t: hexOf(current.x5t) }],
    ['x5t that is a SHA-256', { x5t: current.x5tS256 }],
    ['x5t#S256 that is a SHA-1', { 'x5t#S256': current.x5t }],
    ['x5t in lower case', { x5t: current.x5t.toLowerCase() }],
    ['x5t and x5t#S256 of two certificates of the set', { x5t: current.x5t, 'x5t#S256': next.x5tS256 }],
    ['a known x5t and an unknown x5t#S256', { x5t: current.x5t, 'x5t#S256': foreign.x5tS256 }],
    ['an unknown x5t and a known x5t#S256', { x5t: foreign.x5t, 'x5t#S256': current.x5tS256 }],
    ['an empty x5t beside a known x5t#S256', { x5t: '', 'x5t#S256': current.x5tS256 }],
    ['a prototype name', { x5t: '__proto__', 'x5t#S256': 'constructor' }],
  ]
  for (const [name, header] of unknown) {
    it(`does not know ${name}`, () => {
      assert.throws(() => keySet.findKey({ alg: 'RS256', ...header }), { code: 'ERR_S2S_KEY_UNKNOWN' })
    })
  }

  it('hands the dates of the certificate on to where the clock is', () => {
    const key = keySet.findKey({ alg: 'ES256', x5t: expired.x5t })
    assert.equal(key.usableFrom, 1_500_000_000)
    assert.equal(key.usableUntil, 1_500_086_400)
  })

  it('may hold one certificate twice', () => {
    const certificate = parseCertificate(current.derBase64)
    const twice = createCertificateKeySet([certificate, certificate])
    assert.ok(
      twice.findKey({ alg: 'RS256', x5t: current.x5t, 'x5t#S256': current.x5tS256 }).key.equals(current.publicKey),
    )
  })

  it('knows nothing when it is empty', () => {
    assert.throws(() => createCertificateKeySet([]).findKey({ alg: 'RS256', x5t: current.x5t }), {
      code: 'ERR_S2S_KEY_UNKNOWN',
    })
  })

  it('makes a verification key that allows only what fits the kind of key', () => {
    const key = toVerificationKey(parseCertificate(next.certificatePem))
    assert.deepEqual([...key.algorithms], ['ES256'])
  })
})
