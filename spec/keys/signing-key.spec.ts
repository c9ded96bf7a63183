import assert from 'node:assert/strict'
import { sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { readSigningKey, signingKeySchema, type SigningKeyOptions } from '../../lib/keys/signing-key.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

const rsa = await makeCertificate({ commonName: 'Ours' })
const other = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })
const weak = await makeCertificate({ commonName: 'Weak', keyType: 'rsa1024' })
const folder = mkdtempSync(join(tmpdir(), 'signing-key-'))
after(() => {
  rmSync(folder, { recursive: true })
})

function optionsOf(certificate: TestCertificate): SigningKeyOptions {
  return { privateKey: certificate.privateKeyPem, certificate: certificate.certificatePem }
}

function encrypted(passphrase: string): string {
  return rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString()
}

describe('a signing key', () => {
  it('has the thumbprints of its certificate, and the SHA-1 one as kid', () => {
    const key = readSigningKey(optionsOf(rsa), 'keys')
    assert.equal(key.kid, rsa.x5t)
    assert.equal(key.x5t, rsa.x5t)
    assert.equal(key.x5tS256, rsa.x5tS256)
    assert.equal(key.derBase64, rsa.derBase64)
    assert.equal(key.certificate.derBase64, rsa.derBase64)
    assert.equal(key.algorithm, 'RS256')
    assert.equal(key.privateKey.type, 'private')
    assert.equal(key.publicKey.type, 'public')
    const signature = sign('sha256', Buffer.from('text'), key.privateKey)
    assert.ok(verify('sha256', Buffer.from('text'), key.publicKey, signature))
  })

  const file = (name: string, text: string): { file: string } => {
    writeFileSync(join(folder, name), text)
    return { file: join(folder, name) }
  }
  const spellings: readonly (readonly [string, SigningKeyOptions])[] = [
    ['files', { privateKey: file('key.pem', rsa.privateKeyPem), certificate: file('c.pem', rsa.certificatePem) }],
    ['a certificate in base64', { ...optionsOf(rsa), certificate: rsa.derBase64 }],
    [
      'a private key in PKCS#1',
      { ...optionsOf(rsa), privateKey: rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString() },
    ],
    ['an encrypted private key', { ...optionsOf(rsa), privateKey: encrypted('open'), passphrase: 'open' }],
  ]
  for (const [name, options] of spellings) {
    it(`is read from ${name}`, () => {
      assert.equal(readSigningKey(options, 'keys').kid, rsa.x5t)
    })
  }

  for (const [keyType, algorithm] of [
    ['ec256', 'ES256'],
    ['ec384', 'ES384'],
    ['ec521', 'ES512'],
  ] as const) {
    it(`signs ${algorithm} with a key of its curve`, async () => {
      const certificate = await makeCertificate({ commonName: 'Curve', keyType })
      assert.equal(readSigningKey(optionsOf(certificate), 'keys').algorithm, algorithm)
    })
  }

  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const refused: readonly (readonly [string, SigningKeyOptions, RegExp])[] = [
    [
      'two key pairs',
      { ...optionsOf(rsa), certificate: other.certificatePem },
      /^self\.keys\.current: privateKey and certificate are of two key pairs; give the certificate of this/,
    ],
    [
      'another private key of the same kind',
      {
        ...optionsOf(other),
        privateKey: makeKeyPair('ec256').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
      /of two key pairs/,
    ],
    ['a weak key', optionsOf(weak), /^self\.keys\.current\.certificate: .*2048.*; give one certificate as PEM/],
    [
      'no PEM',
      { ...optionsOf(rsa), privateKey: 'secret text' },
      /^self\.keys\.current\.privateKey cannot be read; give it as PEM \(from a \.pfx/,
    ],
    ['a public key', { ...optionsOf(rsa), privateKey: publicPem }, /privateKey cannot be read/],
    ['a certificate for a key', { ...optionsOf(rsa), privateKey: rsa.certificatePem }, /privateKey cannot be read/],
    [
      'no passphrase',
      { ...optionsOf(rsa), privateKey: encrypted('open') },
      /cannot be opened; give the right passphrase/,
    ],
    [
      'a wrong passphrase',
      { ...optionsOf(rsa), privateKey: encrypted('open'), passphrase: 'closed' },
      /cannot be opened; give the right passphrase/,
    ],
    [
      'a key for a certificate',
      { ...optionsOf(rsa), certificate: rsa.privateKeyPem },
      /certificate: a private key was given/,
    ],
    [
      'a chain',
      { ...optionsOf(rsa), certificate: rsa.certificatePem + other.certificatePem },
      /more than one certificate was given; give one/,
    ],
    [
      'a file that is not there',
      { ...optionsOf(rsa), privateKey: { file: join(folder, 'absent.pem') } },
      /^self\.keys\.current\.privateKey: the file .* cannot be read/,
    ],
  ]
  for (const [name, options, why] of refused) {
    it(`is refused, and the error says the fix but nothing of a key: ${name}`, () => {
      assert.throws(
        () => readSigningKey(options, 'self.keys.current'),
        (error: unknown) => {
          assert.ok(error instanceof ConfigurationError)
          assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
          assert.match(error.reason ?? '', why)
          assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /secret text|BEGIN|closed/)
          return true
        },
      )
    })
  }
})

describe('the options of a signing key', () => {
  it('are texts or files, with a passphrase at most', () => {
    const options = { privateKey: { file: 'key.pem' }, certificate: 'MII', passphrase: 'open' }
    assert.deepEqual(parseOptions(signingKeySchema, options, 'self.keys.current'), options)
  })

  const refused: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['an unknown one', { ...optionsOf(rsa), passphrse: 'x' }, 'ERR_S2S_OPTION_UNKNOWN', /did you mean `passphrase`/],
    ['no certificate', { privateKey: rsa.privateKeyPem }, 'ERR_S2S_OPTION_INVALID', /certificate/],
    ['an empty private key', { ...optionsOf(rsa), privateKey: '' }, 'ERR_S2S_OPTION_INVALID', /privateKey is empty/],
    ['an empty file name', { ...optionsOf(rsa), privateKey: { file: '' } }, 'ERR_S2S_OPTION_INVALID', /is empty/],
  ]
  for (const [name, options, code, message] of refused) {
    it(`are refused: ${name}`, () => {
      assert.throws(() => parseOptions(signingKeySchema as never, options, 'self.keys.current'), { code, message })
    })
  }
})
