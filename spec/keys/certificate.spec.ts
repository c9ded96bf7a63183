import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { normalizeThumbprint, parseCertificate } from '../../lib/keys/certificate.ts'
import { makeCertificate } from '../support/certificates.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { readGenuineActorToken, readSharePointMetadata, readWorkedExample } from '../support/vectors.ts'

const notBefore = 1_700_000_000
const rsa = await makeCertificate({ commonName: 'Farm A', notBefore, days: 10 })
const elliptic = await makeCertificate({ commonName: 'Farm B', keyType: 'ec384' })
const weak = await makeCertificate({ commonName: 'Farm C', keyType: 'rsa1024' })
const der = Buffer.from(rsa.derBase64, 'base64')

/** The certificate with some bytes exchanged; its own signature is never looked at. */
function patched(find: Buffer, replacement: Buffer): string {
  const bytes = Buffer.from(der)
  const index = bytes.indexOf(find)
  assert.ok(index > 0)
  replacement.copy(bytes, index)
  return bytes.toString('base64')
}

describe('a certificate', () => {
  const spellings: readonly (readonly [string, string])[] = [
    ['PEM', rsa.certificatePem],
    ['PEM with CRLF', rsa.certificatePem.replaceAll(/\r?\n/g, '\r\n')],
    ['PEM with text before and after', `subject=CN = Farm A\n${rsa.certificatePem}\nthat was it\n`],
    ['base64 DER', rsa.derBase64],
    ['base64 DER without padding', rsa.derBase64.replaceAll('=', '')],
    ['base64 DER in lines', `\n${rsa.derBase64.replaceAll(/(.{64})/g, '$1\r\n')}\n`],
  ]
  for (const [name, text] of spellings) {
    it(`is read from ${name}`, () => {
      const certificate = parseCertificate(text)
      assert.equal(certificate.x5t, rsa.x5t)
      assert.equal(certificate.x5tS256, rsa.x5tS256)
      assert.equal(certificate.notBefore, notBefore)
      assert.equal(certificate.notAfter, notBefore + 10 * 86_400)
      assert.equal(certificate.subject, 'CN=Farm A')
      assert.equal(certificate.key.type, 'public')
      assert.ok(certificate.key.equals(rsa.publicKey))
      assert.ok(certificate.algorithms.includes('RS256'))
    })
  }

  it('may have an elliptic key', () => {
    assert.deepEqual(parseCertificate(elliptic.certificatePem).algorithms, ['ES384'])
  })

  it('may be of a real farm: issued by an untrusted root, valid to the year 9999', () => {
    const metadata = JSON.parse(readSharePointMetadata()) as { keys: [{ keyValue: { value: string } }] }
    const certificate = parseCertificate(metadata.keys[0].keyValue.value)
    assert.equal(certificate.notAfter, Date.UTC(9999, 0, 1) / 1000)
    assert.match(certificate.subject, /CN=SharePoint Security Token Service$/)
  })

  it('may be signed with SHA-1 and have no fitting KeyUsage, as genuine ones of 2015 have', () => {
    const { certificatePem, actorToken } = readGenuineActorToken()
    const header = JSON.parse(Buffer.from(actorToken.split('.', 1)[0] ?? '', 'base64url').toString()) as { x5t: string }
    assert.equal(parseCertificate(certificatePem).x5t, header.x5t)
  })

  it('has the thumbprint of the worked example', () => {
    const { certificate, x5t } = readWorkedExample()
    assert.equal(parseCertificate(certificate).x5t, x5t)
  })

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['nothing', '', /neither PEM nor base64/],
    ['white space', ' \r\n', /neither PEM nor base64/],
    ['other text', 'C:\\certificates\\farm.cer', /neither PEM nor base64/],
    ['base64url', rsa.derBase64.replaceAll('+', '-').replaceAll('/', '_').replace('M', '-'), /neither PEM nor base64/],
    ['a private key', rsa.privateKeyPem, /private key was given/],
    ['a private key beside it', rsa.certificatePem + rsa.privateKeyPem, /private key was given/],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /neither PEM nor base64/],
    ['two certificates', rsa.certificatePem + elliptic.certificatePem, /more than one/],
    ['a certificate without end', rsa.certificatePem.split('-----END')[0] ?? '', /end line .* missing/],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', /neither PEM nor base64/],
    ['base64 of something else', Buffer.from('hello world').toString('base64'), /cannot be read/],
    ['a cut certificate', der.subarray(0, -1).toString('base64'), /cannot be read/],
    ['bytes after it', Buffer.concat([der, Buffer.from('x')]).toString('base64'), /something follows/],
    ['base64 of PEM', Buffer.from(rsa.certificatePem).toString('base64'), /not DER/],
    ['a weak key', weak.derBase64, /2048/],
    [
      'a key of an unknown kind',
      patched(Buffer.from('2a864886f70d0101010500', 'hex'), Buffer.from('2a864886f70d0101630500', 'hex')),
      /unknown kind/,
    ],
    ['a time that is none', patched(Buffer.from('231114221320Z'), Buffer.from('239914221320Z')), /unreadable dates/],
  ]
  for (const [name, text, why] of refused) {
    it(`is refused and the error says why: ${name}`, () => {
      assert.throws(
        () => parseCertificate(text),
        (error: unknown) => {
          assert.ok(error instanceof Error)
          assert.match(error.message, why)
          assert.ok(text.trim().length < 12 || !error.message.includes(text.trim().slice(0, 12)))
          return true
        },
      )
    })
  }

  it('keeps the key that is in it, whoever signed it', async () => {
    const keyPair = makeKeyPair('ec256')
    const signed = await makeCertificate({ commonName: 'Leaf', keyPair, signedBy: elliptic })
    const certificate = parseCertificate(signed.certificatePem)
    assert.ok(certificate.key.equals(keyPair.publicKey))
    assert.equal(new X509Certificate(signed.certificatePem).verify(elliptic.publicKey), true)
  })
})

describe('a thumbprint', () => {
  const bytes = Buffer.from('F6D8487B37452AA8903CA2C2036AB2EBF440B7D8', 'hex')
  const canonical = '9thIezdFKqiQPKLCA2qy6_RAt9g'
  const same: readonly (readonly [string, string])[] = [
    ['base64url', canonical],
    ['base64url with padding', `${canonical}=`],
    ['base64', '9thIezdFKqiQPKLCA2qy6/RAt9g'],
    ['base64 with padding', bytes.toString('base64')],
  ]
  for (const [name, text] of same) {
    it(`becomes canonical base64url: ${name}`, () => {
      assert.equal(normalizeThumbprint(text), canonical)
    })
  }

  const different: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['padding only', '='],
    ['hex', bytes.toString('hex')],
    ['19 bytes', bytes.subarray(1).toString('base64url')],
    ['21 bytes', Buffer.concat([bytes, Buffer.from('x')]).toString('base64url')],
    ['SHA-256', createHash('sha256').update(bytes).digest('base64url')],
    ['two paddings', `${canonical}==`],
    ['a last character that is not canonical', `${canonical.slice(0, -1)}h`],
    ['white space inside', `${canonical.slice(0, 5)} ${canonical.slice(5)}`],
    ['a character of neither alphabet', `*${canonical.slice(1)}`],
    ['a very long text', '='.repeat(500_000) + canonical],
  ]
  for (const [name, text] of different) {
    it(`is none: ${name}`, () => {
      assert.equal(normalizeThumbprint(text), undefined)
    })
  }
})
